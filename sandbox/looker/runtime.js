/**
 * The Apps Script services that the connector uses, over one synchronous function of the host:
 * `__host(operation, argumentsAsJson)` gives `{"value": ..}` or `{"error": message}` as JSON and never throws.
 *
 * The value of this file is `invoke(functionName, requestAsJson)`, which calls a global function of the script as
 * Looker Studio does and gives, as JSON, `{"value"}`, `{"userError": {"text", "debugText"}}` or `{"scriptError"}`.
 */
(() => {
  'use strict';

  const hostFunction = globalThis.__host;
  // What the engine has and Apps Script lacks: using it must fail here too.
  const absent = [
    '__host', 'queueMicrotask', 'performance', 'navigator', 'DOMException', 'btoa', 'atob', 'setTimeout', 'setInterval',
    'clearTimeout', 'clearInterval', 'fetch', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'structuredClone',
    'Iterator', 'DisposableStack', 'AsyncDisposableStack', 'SuppressedError', 'Float16Array',
  ];
  absent.forEach(name => delete globalThis[name]);

  function host(operation, ...args) {
    const answer = JSON.parse(hostFunction(operation, JSON.stringify(args)));
    if ('error' in answer) {
      throw new Error(answer.error);
    }
    return answer.value;
  }

  /** @param {object} members a member that a service lacks throws, instead of being undefined */
  function service(name, members) {
    return new Proxy(Object.freeze(members), {
      get(target, member) {
        if (!(member in target) && typeof member === 'string' && member !== 'toJSON' && member !== 'then') {
          throw new TypeError(`${name}.${member} is not a function that this stand-in of Apps Script knows`);
        }
        return target[member];
      },
    });
  }

  globalThis.Date = new Proxy(Date, {
    construct: (RealDate, args) => (args.length > 0 ? new RealDate(...args) : new RealDate(host('now'))),
    apply: RealDate => String(new RealDate(host('now'))),
    get: (RealDate, member) => (member === 'now' ? () => host('now') : RealDate[member]),
  });

  const userErrors = new WeakMap();

  function newUserError() {
    const shown = {text: '', debugText: ''};
    const builder = service('UserError', {
      setText(text) {
        shown.text = String(text);
        return builder;
      },
      setDebugText(text) {
        shown.debugText = String(text);
        return builder;
      },
      throwException() {
        // As the real builder does: whoever catches this cannot read the texts back.
        const error = new Error('Exception');
        userErrors.set(error, shown);
        throw error;
      },
    });
    return builder;
  }

  function fetchUrl(url, options) {
    const answer = host('fetch', url, options || {});
    if (answer.status >= 400 && !(options && options.muteHttpExceptions)) {
      throw new Error(
        `Exception: Request failed for ${url} returned code ${answer.status}. ` +
          `Truncated server response: ${answer.content.slice(0, 200)}`,
      );
    }
    return service('HTTPResponse', {
      getResponseCode: () => answer.status,
      getContentText: () => answer.content,
    });
  }

  function properties(store) {
    return service('Properties', {
      getProperty: key => host('getProperty', store, key),
      setProperty: (key, value) => host('setProperty', store, key, String(value)),
      deleteProperty: key => host('deleteProperty', store, key),
    });
  }

  globalThis.DataStudioApp = service('DataStudioApp', {
    createCommunityConnector: () => service('CommunityConnector', {newUserError}),
  });
  globalThis.UrlFetchApp = service('UrlFetchApp', {fetch: fetchUrl});
  globalThis.PropertiesService = service('PropertiesService', {
    getScriptProperties: () => properties('script'),
    getUserProperties: () => properties('user'),
  });
  globalThis.Utilities = service('Utilities', {sleep: milliseconds => host('sleep', milliseconds)});
  globalThis.Session = service('Session', {
    getEffectiveUser: () => service('User', {getEmail: () => host('email')}),
  });
  globalThis.ScriptApp = service('ScriptApp', {getIdentityToken: () => host('identityToken')});

  function outcomeOf(error) {
    if (userErrors.has(error)) {
      return {userError: userErrors.get(error)};
    }
    const message = error instanceof Error ? error.message : String(error);
    const marked = /^DS_USER: ?([\s\S]*)$/.exec(message);
    return marked ? {userError: {text: marked[1], debugText: ''}} : {scriptError: String(error)};
  }

  return (functionName, requestAsJson) => {
    try {
      const entryPoint = globalThis[functionName];
      if (typeof entryPoint !== 'function') {
        throw new ReferenceError(`Script function not found: ${functionName}`);
      }
      const value = entryPoint(...JSON.parse(requestAsJson));
      return JSON.stringify({value: value === undefined ? null : value});
    } catch (error) {
      return JSON.stringify(outcomeOf(error));
    }
  };
})();
