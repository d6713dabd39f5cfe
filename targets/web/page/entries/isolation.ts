/** What a service worker has of its surroundings; TypeScript's library of pages does not have it. */
interface ServiceWorker extends EventTarget {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
}

interface WaitingEvent extends Event {
  waitUntil(done: Promise<void>): void;
}

interface FetchingEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const worker = self as unknown as ServiceWorker;

worker.addEventListener("install", () => void worker.skipWaiting());

worker.addEventListener("activate", (event) => (event as WaitingEvent).waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { request, respondWith } = event as FetchingEvent;
  // What is of another place is none of its business, and the browser's own requests cannot be repeated.
  const isOurs = request.url.startsWith(location.origin) && request.cache !== "only-if-cached";
  if (isOurs) respondWith.call(event, isolated(request));
});

/** What a host gives, with the headers by which browsers isolate a page. */
async function isolated(request: Request): Promise<Response> {
  const response = await fetch(request);
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  const { body, status, statusText } = response;
  // Responses without a status cannot be made anew, such as redirections.
  return status === 0 ? response : new Response(body, { status, statusText, headers });
}
