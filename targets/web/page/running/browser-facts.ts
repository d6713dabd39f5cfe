import { clockStep } from "./clock";
import { describeAdapter } from "./gpu-adapter";

/** What a browser tells of itself and of its machine, by the names under which it is shown. */
export type BrowserFacts = Readonly<Record<string, string>>;

/** A brand with its version, as Chromium tells them. */
interface Brand {
  readonly brand: string;
  readonly version: string;
}

/** What Chromium tells on secure pages besides its user agent. */
interface Hints {
  readonly model?: string;
  readonly platform?: string;
  readonly platformVersion?: string;
  readonly architecture?: string;
  readonly fullVersionList?: readonly Brand[];
}

interface HintingNavigator extends Navigator {
  readonly deviceMemory?: number;
  readonly userAgentData?: { getHighEntropyValues(names: readonly string[]): Promise<Hints> };
}

const HINTS = ["model", "platform", "platformVersion", "architecture", "fullVersionList"];

/** Chromium names browsers that there are not, so that nobody relies on names. */
const NO_BRAND = /not.?a.?brand/i;

/** Asks the browser what it is. */
export async function browserFacts(): Promise<BrowserFacts> {
  const { hardwareConcurrency, userAgent, deviceMemory } = navigator as HintingNavigator;
  const hints = await hintsOf(navigator as HintingNavigator);
  const facts: Record<string, string | undefined> = {
    browser: browserName(hints) ?? userAgent,
    system: [hints.platform, hints.platformVersion, hints.architecture].filter(Boolean).join(" "),
    model: hints.model,
    "user agent": userAgent,
    cores: String(hardwareConcurrency),
    "memory (GB, as it is told)": deviceMemory?.toString(),
    secure: yesNo(isSecureContext),
    isolated: yesNo(crossOriginIsolated),
    "clock step (ms)": clockStep().toPrecision(2),
    "WebGPU adapter": await adapterName(),
  };
  return Object.fromEntries(
    Object.entries(facts).filter((fact): fact is [string, string] => Boolean(fact[1])),
  );
}

async function hintsOf({ userAgentData }: HintingNavigator): Promise<Hints> {
  try {
    return (await userAgentData?.getHighEntropyValues(HINTS)) ?? {};
  } catch {
    return {};
  }
}

/** The browser's own brand rather than that of what it was made from. */
function browserName({ fullVersionList = [] }: Hints): string | undefined {
  const brands = fullVersionList.filter(({ brand }) => !NO_BRAND.test(brand));
  const own = brands.find(({ brand }) => brand !== "Chromium") ?? brands[0];
  return own && `${own.brand} ${own.version}`;
}

async function adapterName(): Promise<string> {
  // Not there where the page is not secure, whatever the types say.
  const gpu = navigator.gpu as GPU | undefined;
  if (!gpu) return "none (no WebGPU here)";
  const adapter = await gpu.requestAdapter();
  if (!adapter) return "none";
  const { device, isSoftware } = describeAdapter(adapter.info);
  const half = adapter.features.has("shader-f16") ? "with" : "without";
  return `${device}${isSoftware ? " (software)" : ""}, ${half} fp16`;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}
