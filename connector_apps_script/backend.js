// @ts-check

/**
 * The way to the backend: its address, the caller's credentials, the requests. Nothing else uses UrlFetchApp.
 *
 * @typedef {Object<string, any>} Json
 *
 * @typedef {object} Reply
 * @property {number} status HTTP status; 0 where no answer came
 * @property {Json | null} answer null where the body is no JSON object
 * @property {string} fetchError why no answer came, as Google words it; else empty
 */

/**
 * The backend's answer to one request.
 *
 * @param {string} path
 * @param {Json} body
 * @returns {Json}
 */
function askBackend(path, body) {
  const reply = post(path, body || {}, bearerToken());
  if (reply.status !== 200 || reply.answer === null) {
    const failure = explainFailure(path, reply);
    return throwUserError(failure.text, failure.debugText);
  }
  return reply.answer;
}

/**
 * The backend's answer, asked for again while it says `{pending: token}`. An execution may take six minutes and one
 * request up to one, so waiting ends after five.
 *
 * @param {string} path
 * @param {Json} body
 * @returns {Json}
 */
function askBackendUntilReady(path, body) {
  const deadline = Date.now() + 5 * 60 * 1000;
  let request = body || {};
  for (;;) {
    const asked = Date.now();
    const answer = askBackend(path, request);
    if (typeof answer.pending !== 'string') {
      return answer;
    }
    const shortest = asked + 1000;
    if (Date.now() < shortest) {
      Utilities.sleep(shortest - Date.now());
    }
    if (Date.now() >= deadline) {
      return throwUserError(
        'This chart needs more than five minutes of computing. Choose a shorter date range or fewer fields.',
        'POST ' + path + ' still said {pending} after five minutes.'
      );
    }
    request = Object.assign({}, body, {pending: answer.pending});
  }
}

/**
 * Sends one request. Failures come back in the reply, since what to say about them depends on what was asked.
 *
 * @param {string} path
 * @param {Json} body
 * @param {string} token
 * @returns {Reply}
 */
function post(path, body, token) {
  const url = backendUrl() + path;
  let response;
  try {
    response = UrlFetchApp.fetch(url, {
      method: 'post',
      contentType: 'application/json',
      headers: {Authorization: 'Bearer ' + token},
      payload: JSON.stringify(body),
      muteHttpExceptions: true,
      // The backend never redirects; a sign-in page of a proxy must not be taken for its answer.
      followRedirects: false,
    });
  } catch (error) {
    return {status: 0, answer: null, fetchError: String(error)};
  }
  return {status: response.getResponseCode(), answer: parseObject(response.getContentText()), fetchError: ''};
}

/**
 * @param {string} text
 * @returns {Json | null}
 */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** @returns {string} without a slash at the end */
function backendUrl() {
  const url = (PropertiesService.getScriptProperties().getProperty('BACKEND_URL') || '').trim().replace(/\/+$/, '');
  if (!/^https?:\/\/[^\s/]/.test(url)) {
    return throwUserError(
      'This connector is not set up yet: it does not know its data service. Ask whoever manages it to finish the ' +
        'setup.',
      'The script property BACKEND_URL is ' + (url === '' ? 'missing' : 'no web address') + '. Set it in the Apps ' +
        'Script project (Project Settings, Script Properties) to the address of the backend, starting with https://.'
    );
  }
  return url;
}

/** @returns {string} KEY or NONE */
function authType() {
  const type = (PropertiesService.getScriptProperties().getProperty('AUTH_TYPE') || 'KEY').trim();
  if (type !== 'KEY' && type !== 'NONE') {
    return throwUserError(
      'This connector is not set up correctly. Ask whoever manages it to check how users sign in.',
      'The script property AUTH_TYPE must be KEY or NONE.'
    );
  }
  return type;
}

/** @returns {string} */
function bearerToken() {
  return authType() === 'NONE' ? identityToken() : requiredKey();
}

/** @returns {string} */
function identityToken() {
  const token = ScriptApp.getIdentityToken();
  if (!token) {
    return throwUserError(
      'Your Google account could not be recognised. Reconnect the data source and allow the connector to see who ' +
        'you are.',
      'ScriptApp.getIdentityToken() gave nothing. The manifest must list the scopes openid and userinfo.email.'
    );
  }
  return token;
}

/** @returns {string} */
function requiredKey() {
  const key = storedKey();
  if (key === null) {
    return throwUserError(
      'No key is stored for this data source. Reconnect the data source and enter a valid key.',
      'The user property dscc.key of the effective user is empty.'
    );
  }
  return key;
}

/** @returns {string | null} */
function storedKey() {
  return PropertiesService.getUserProperties().getProperty('dscc.key') || null;
}

/** @param {string} key */
function storeKey(key) {
  PropertiesService.getUserProperties().setProperty('dscc.key', key);
}

function forgetKey() {
  PropertiesService.getUserProperties().deleteProperty('dscc.key');
}
