// Keeps the page for use without a network, and adds the headers with which it may use threads.

importScripts('files.js');

const worker = /** @type {any} */ (self);
/** @type {{version: string, kept: string[], on_use: string[]}} */
const files = worker.tflLiteSuiteFiles;
const CACHE = `tfl_lite_suite ${worker.registration.scope} ${files.version}`;
const OURS = `tfl_lite_suite ${worker.registration.scope} `;
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

worker.addEventListener('install', (/** @type {any} */ event) => {
  const requests = files.kept.map((name) => new Request(name, { cache: 'no-cache' }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)));
});

worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(dropOldCaches().then(() => worker.clients.claim()));
});

// The page asks for it when the user wants the new version.
worker.addEventListener('message', (/** @type {any} */ event) => {
  if (event.data === 'skip_waiting') {
    worker.skipWaiting();
  }
});

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method === 'GET' && new URL(request.url).origin === worker.location.origin) {
    event.respondWith(answer(request));
  }
});

async function dropOldCaches() {
  const names = await caches.keys();
  return Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
}

/** @param {Request} request */
async function answer(request) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request, { ignoreSearch: true });
  if (found) {
    return isolated(found);
  }
  const response = await fetch(request);
  const name = request.url.slice(worker.registration.scope.length);
  if (response.status === 200 && files.on_use.includes(name)) {
    await cache.put(request, response.clone());
  }
  return isolated(response);
}

/** @param {Response} response */
function isolated(response) {
  if (response.type === 'opaque' || response.status === 0) {
    return response;
  }
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) {
    headers.set(name, value);
  }
  const { status, statusText } = response;
  return new Response([204, 304].includes(status) ? null : response.body, { status, statusText, headers });
}
