// @ts-check

/**
 * What Looker Studio calls, each in a fresh execution. Configuration, fields and data come from the backend as they
 * are; here is only who asks (key or Google account) and who may read technical details.
 *
 * Script properties: BACKEND_URL (required), AUTH_TYPE (KEY, the default, or NONE), ADMIN_EMAILS (comma-separated).
 */

/** @returns {{type: string}} */
function getAuthType() {
  return {type: authType()};
}

/**
 * Whether a key is stored. Asked often, so the key itself is checked only when it is entered and by each request.
 *
 * @returns {boolean}
 */
function isAuthValid() {
  return authType() === 'NONE' || storedKey() !== null;
}

/**
 * Stores a key that the backend accepts, and no other.
 *
 * @param {{key?: string}} request
 * @returns {{errorCode: string}}
 */
function setCredentials(request) {
  if (authType() === 'NONE') {
    return {errorCode: 'NONE'};
  }
  const key = request && request.key ? request.key.trim() : '';
  // A line break cannot stand in a header, so such a key could not even be asked about.
  if (key === '' || /[\r\n]/.test(key)) {
    return {errorCode: 'INVALID_CREDENTIALS'};
  }
  const reply = post('/v1/credentials', {}, key);
  if (reply.status === 401) {
    return {errorCode: 'INVALID_CREDENTIALS'};
  }
  if (reply.status !== 200 || reply.answer === null || reply.answer.valid !== true) {
    const failure = explainFailure('/v1/credentials', reply);
    throwUserError('Your key could not be checked, so nothing is known against it. ' + failure.text, failure.debugText);
  }
  storeKey(key);
  return {errorCode: 'NONE'};
}

function resetAuth() {
  forgetKey();
}

/**
 * Whether the effective user may read the technical part of an error.
 *
 * @returns {boolean}
 */
function isAdminUser() {
  const admins = (PropertiesService.getScriptProperties().getProperty('ADMIN_EMAILS') || '')
    .split(',')
    .map(email => email.trim().toLowerCase())
    .filter(email => email !== '');
  return admins.length > 0 && admins.includes(effectiveEmail());
}

/**
 * @param {object} request
 * @returns {object}
 */
function getConfig(request) {
  return askBackend('/v1/config', request);
}

/**
 * @param {object} request
 * @returns {object}
 */
function getSchema(request) {
  return askBackend('/v1/schema', request);
}

/**
 * @param {object} request
 * @returns {object}
 */
function getData(request) {
  const answer = askBackendUntilReady('/v1/data', request);
  // Asked for by the data source's Explain box: admins read it in place of the chart, others see the chart.
  if (answer.explain && isAdminUser()) {
    return throwUserError(
      'This chart explains how it is computed, because Explain queries is ticked in its data source.',
      JSON.stringify(answer.explain, null, 1)
    );
  }
  delete answer.explain;
  return answer;
}

/**
 * @returns {string} in lower case; empty where Google does not tell it
 */
function effectiveEmail() {
  try {
    return Session.getEffectiveUser().getEmail().toLowerCase();
  } catch {
    // Somebody unknown is no admin; failing here would hide the error that is being shown.
    return '';
  }
}
