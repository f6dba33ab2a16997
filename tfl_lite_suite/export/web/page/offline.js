// The service worker, seen from the page.

const RELOADED = 'tfl_lite_suite.reloaded';
const MOST_MS = 10_000;

/**
 * Starts the service worker, so that the page works without a network from now on; where the server does not send the
 * headers that threads need, opens the page again, through the worker, which adds them.
 * @param {(reload: () => void) => void} onUpdate Told when a newer version is ready.
 */
export async function keepOffline(onUpdate) {
  if (!navigator.serviceWorker) {
    return;
  }
  try {
    // The list of files must come from the server, or a newer version would go unseen as long as the old one is cached.
    const registration = await navigator.serviceWorker.register('sw.js', { updateViaCache: 'none' });
    watch(registration, onUpdate);
    const late = new Promise((resolve) => setTimeout(resolve, MOST_MS));
    await Promise.race([controlled(), failed(registration.installing), late]);
  } catch (error) {
    // Without it, as in some private windows, the page works all the same.
    console.warn('no service worker:', error);
    return;
  }
  if (globalThis.crossOriginIsolated) {
    recall(RELOADED, '');
  } else if (navigator.serviceWorker.controller && recall(RELOADED, '1') === '') {
    location.reload();
    await new Promise(() => {});
  }
}

/**
 * Keeps a word for as long as the tab lives, and returns the one before; nothing where the browser keeps none.
 * @param {string} key
 * @param {string} word
 */
function recall(key, word) {
  try {
    const before = sessionStorage.getItem(key) ?? '';
    sessionStorage.setItem(key, word);
    return before;
  } catch {
    return null;
  }
}

async function controlled() {
  if (!navigator.serviceWorker.controller) {
    await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
  }
}

/**
 * Waits until a worker has failed to start, as where one of its files is missing.
 * @param {ServiceWorker | null} worker
 */
function failed(worker) {
  return new Promise((resolve) => {
    worker?.addEventListener('statechange', () => worker.state === 'redundant' && resolve(undefined));
  });
}

/**
 * @param {ServiceWorkerRegistration} registration
 * @param {(reload: () => void) => void} onUpdate
 */
function watch(registration, onUpdate) {
  const tell = (/** @type {ServiceWorker | null} */ waiting) => {
    if (waiting && navigator.serviceWorker.controller) {
      onUpdate(() => {
        navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
        waiting.postMessage('skip_waiting');
      });
    }
  };
  tell(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const installing = registration.installing;
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed') {
        tell(installing);
      }
    });
  });
}
