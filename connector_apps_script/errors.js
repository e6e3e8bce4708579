// @ts-check

/**
 * What people read when something fails. `text` is for everybody who sees the report; Looker Studio shows `debugText`
 * to connector admins only. Neither repeats what a server or a proxy sent instead of the agreed error envelope.
 *
 * @typedef {{text: string, debugText: string}} Failure
 *
 * @typedef {object} Envelope what the backend says about a failure
 * @property {string} code
 * @property {string} message for viewers
 * @property {string} debug for admins
 * @property {string} requestId
 */

/**
 * Never call this inside a `try`: the exception would be caught there.
 *
 * @param {string} text
 * @param {string} debugText
 * @returns {never}
 */
function throwUserError(text, debugText) {
  return DataStudioApp.createCommunityConnector().newUserError().setText(text).setDebugText(debugText).throwException();
}

/**
 * @param {string} path
 * @param {Reply} reply
 * @returns {Failure}
 */
function explainFailure(path, reply) {
  if (reply.status === 0) {
    return explainNoAnswer(path, reply.fetchError);
  }
  const envelope = envelopeOf(reply.answer);
  if (reply.status === 401 && authType() === 'KEY') {
    return explainRefusedKey(path, envelope);
  }
  return envelope === null ? explainUnreadable(path, reply) : explainEnvelope(path, reply.status, envelope);
}

/**
 * @param {Json | null} answer
 * @returns {Envelope | null} null where the answer is not an error of the backend
 */
function envelopeOf(answer) {
  const error = answer === null ? null : answer.error;
  if (!error || typeof error.message !== 'string' || error.message === '') {
    return null;
  }
  return {
    code: String(error.code || ''),
    message: error.message,
    debug: String(error.debug || ''),
    requestId: String(error.requestId || ''),
  };
}

/**
 * @param {string} path
 * @param {number} status
 * @param {Envelope} envelope
 * @returns {Failure}
 */
function explainEnvelope(path, status, envelope) {
  const details = ['POST ' + path + ': HTTP ' + status, envelope.code, envelope.debug];
  return {
    text: envelope.message + requestReference(envelope),
    debugText: details.filter(detail => detail !== '').join(', '),
  };
}

/**
 * @param {string} path
 * @param {Envelope | null} envelope
 * @returns {Failure}
 */
function explainRefusedKey(path, envelope) {
  return {
    text:
      'The data service no longer accepts the key of this data source. Reconnect the data source with a valid key.' +
      requestReference(envelope),
    debugText:
      'POST ' + path + ': HTTP 401. The stored key is none of the backend\'s CONNECTOR_API_KEYS. ' +
      'Revoke the access of the data source, then connect it with a new key.',
  };
}

/**
 * @param {string} path
 * @param {string} fetchError
 * @returns {Failure}
 */
function explainNoAnswer(path, fetchError) {
  if (/too many times/i.test(fetchError)) {
    return {
      text: 'Google allows this account no more requests today. Try again tomorrow, or use fewer charts in a report.',
      debugText: 'The daily quota of UrlFetchApp calls of the effective user is used up.',
    };
  }
  if (/time(d )?-?out/i.test(fetchError)) {
    return {
      text: 'The data service took too long to answer. Try again, or choose a shorter date range.',
      debugText: 'POST ' + path + ': no answer within the minute that UrlFetchApp waits.',
    };
  }
  return {
    text:
      'The data service cannot be reached. Try again in a few minutes; if it stays so, tell whoever manages the ' +
      'connector.',
    debugText:
      'POST ' + path + ': no connection. Check that the script property BACKEND_URL is right, that the backend is ' +
      'up, and that it can be reached from the internet with a valid certificate.',
  };
}

/**
 * @param {string} path
 * @param {Reply} reply
 * @returns {Failure}
 */
function explainUnreadable(path, reply) {
  const summary = 'POST ' + path + ': HTTP ' + reply.status + ' without the agreed JSON. ';
  if (reply.status === 200) {
    return {
      text:
        'The answer of the data service arrived incomplete. Try again; if it stays so, choose fewer fields or a ' +
        'shorter date range.',
      debugText:
        summary + 'UrlFetchApp cuts answers at 50 MB; or something else than the backend answers at BACKEND_URL.',
    };
  }
  return {
    text:
      'The data service is not answering as it should. Try again in a few minutes; if it stays so, tell whoever ' +
      'manages the connector.',
    debugText: summary + 'Check that the script property BACKEND_URL leads to the backend, and the log of the backend.',
  };
}

/**
 * @param {Envelope | null} envelope
 * @returns {string} with which the operator finds the request in the log
 */
function requestReference(envelope) {
  return envelope === null || envelope.requestId === '' ? '' : ' (request ' + envelope.requestId + ')';
}
