/** For how long a service worker may need to take the page over, in milliseconds. */
const PATIENCE_MS = 5000;

/**
 * Isolates a page whose host did not, so that it may use several threads: a service worker adds the
 * headers, and the page is loaded once more.
 *
 * @param root the address of the site's root.
 * @returns whether the page is being loaded anew; it is to do nothing more then.
 */
export async function isolatePage(root: URL): Promise<boolean> {
  // Not there where the page is not secure, whatever the types say.
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer };
  // A page that one controls already would be no other after being loaded once more.
  if (crossOriginIsolated || !isSecureContext || !serviceWorker || serviceWorker.controller) return false;
  try {
    // People who load a page past its service worker get what they asked for.
    if ((await serviceWorker.getRegistration(root.href))?.active) return false;
    const taken = new Promise<boolean>((resolve) => {
      serviceWorker.addEventListener("controllerchange", () => resolve(true), { once: true });
      setTimeout(() => resolve(false), PATIENCE_MS);
    });
    await serviceWorker.register(new URL("isolation.js", root), { updateViaCache: "none" });
    if (!(await taken)) return false;
  } catch {
    // Browsers refuse it on a page whose certificate they do not trust; one thread is left.
    return false;
  }
  location.reload();
  return true;
}
