/** A GPU as people call it, and whether it is a program on the processor. */
export function describeAdapter(info: GPUAdapterInfo): { device: string; isSoftware: boolean } {
  const words = [info.vendor, info.architecture, info.device, info.description].filter(Boolean);
  return { device: words.join(" ") || "a GPU without a name", isSoftware: info.isFallbackAdapter };
}

/** Whether a page may compute on the GPU, in single and in half precision. */
export interface GpuAbility {
  /** Why it may not; null where it may. */
  readonly missing: string | null;
  readonly half: boolean;
}

/** Asks the browser for a GPU. */
export async function gpuAbility(): Promise<GpuAbility> {
  // Not there where the page is not secure, whatever the types say.
  const gpu = navigator.gpu as GPU | undefined;
  if (!gpu) return { missing: "this browser has no WebGPU here", half: false };
  const adapter = await gpu.requestAdapter();
  if (!adapter) return { missing: "this browser shows no GPU to pages", half: false };
  return { missing: null, half: adapter.features.has("shader-f16") };
}
