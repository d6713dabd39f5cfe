/** What a span of work asks of the GPU. */
export interface GpuCost {
  /** Calls of compute shaders. */
  readonly dispatches: number;
  /** Bytes of the buffers and textures that dispatches may read, each counted once a dispatch. */
  readonly bytesRead: number;
  /** The same of those that they write. */
  readonly bytesWritten: number;
  /** Bound resources whose size or use is not known; the bytes lack them. */
  readonly unknown: number;
}

const BYTES_PER_TEXEL: Partial<Record<GPUTextureFormat, number>> = {
  r32float: 4,
  rgba32float: 16,
  rgba16float: 8,
};

const NOTHING: GpuCost = { dispatches: 0, bytesRead: 0, bytesWritten: 0, unknown: 0 };

const UNKNOWN: GpuCost = { ...NOTHING, unknown: 1 };

/**
 * Counts what goes through WebGPU from the moment it is made.
 *
 * What a dispatch reads and writes is what its bind groups hold, by their layouts. How often a
 * shader reads a value is not to be seen from outside, so that the bytes are what a GPU moves whose
 * caches hold all that one dispatch takes.
 */
export class GpuCounter {
  private readonly layouts = new WeakMap<GPUBindGroupLayout, GPUBindGroupLayoutEntry[]>();
  private readonly textures = new WeakMap<GPUTextureView, GPUTexture>();
  private readonly groups = new WeakMap<GPUBindGroup, GpuCost>();
  private readonly bound = new WeakMap<GPUComputePassEncoder, Map<number, GpuCost>>();
  private total = NOTHING;

  constructor() {
    after(GPUDevice, "createBindGroupLayout", (layout, [descriptor]) => {
      const { entries } = descriptor as GPUBindGroupLayoutDescriptor;
      this.layouts.set(layout as GPUBindGroupLayout, [...entries]);
    });
    after(GPUTexture, "createView", (view, _given, texture) => {
      this.textures.set(view as GPUTextureView, texture as GPUTexture);
    });
    after(GPUDevice, "createBindGroup", (group, [descriptor]) => {
      const { entries, layout } = descriptor as GPUBindGroupDescriptor;
      const uses = this.layouts.get(layout) ?? [];
      const costs = [...entries].map((entry) =>
        this.costOf(entry, uses.find(({ binding }) => binding === entry.binding)),
      );
      this.groups.set(group as GPUBindGroup, costs.reduce(sum, NOTHING));
    });
    after(GPUComputePassEncoder, "setBindGroup", (_result, [index, group], pass) => {
      const groups = this.groupsOf(pass);
      groups.set(index as number, this.groups.get(group as GPUBindGroup) ?? UNKNOWN);
    });
    for (const name of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"] as const) {
      after(GPUComputePassEncoder, name, (_result, _given, pass) => {
        const one = { ...NOTHING, dispatches: 1 };
        this.total = [one, ...this.groupsOf(pass).values()].reduce(sum, this.total);
      });
    }
  }

  /** What was asked since the counter was made, or since this was asked last. */
  take(): GpuCost {
    const taken = this.total;
    this.total = NOTHING;
    return taken;
  }

  private groupsOf(pass: unknown): Map<number, GpuCost> {
    const groups = this.bound.get(pass as GPUComputePassEncoder) ?? new Map<number, GpuCost>();
    this.bound.set(pass as GPUComputePassEncoder, groups);
    return groups;
  }

  private costOf(
    { resource }: GPUBindGroupEntry,
    layout: GPUBindGroupLayoutEntry | undefined,
  ): GpuCost {
    if (layout?.sampler) return NOTHING;
    const bytes = this.bytesOf(resource);
    if (bytes === null || !layout) return UNKNOWN;
    if (layout.texture) return { ...NOTHING, bytesRead: bytes };
    if (layout.storageTexture) {
      const access = layout.storageTexture.access ?? "write-only";
      return cost(bytes, access !== "write-only", access !== "read-only");
    }
    // What a shader may read and write it mostly writes.
    return cost(bytes, layout.buffer?.type !== "storage", layout.buffer?.type === "storage");
  }

  private bytesOf(resource: GPUBindingResource): number | null {
    if (resource instanceof GPUBuffer) return resource.size;
    const view = resource as GPUTextureView;
    const texture = resource instanceof GPUTexture ? resource : this.textures.get(view);
    if (texture) {
      const texel = BYTES_PER_TEXEL[texture.format];
      return texel ? texel * texture.width * texture.height * texture.depthOrArrayLayers : null;
    }
    const { buffer, offset, size } = resource as GPUBufferBinding;
    return buffer instanceof GPUBuffer ? (size ?? buffer.size - (offset ?? 0)) : null;
  }
}

function cost(bytes: number, isRead: boolean, isWritten: boolean): GpuCost {
  return { ...NOTHING, bytesRead: isRead ? bytes : 0, bytesWritten: isWritten ? bytes : 0 };
}

function sum(one: GpuCost, other: GpuCost): GpuCost {
  return {
    dispatches: one.dispatches + other.dispatches,
    bytesRead: one.bytesRead + other.bytesRead,
    bytesWritten: one.bytesWritten + other.bytesWritten,
    unknown: one.unknown + other.unknown,
  };
}

/** Has a method of a class tell what it returned, what it was given, and whose it was. */
function after<Class>(
  { prototype }: { prototype: Class },
  name: keyof Class,
  tell: (result: unknown, given: readonly unknown[], self: unknown) => void,
): void {
  const method = prototype[name] as (...given: unknown[]) => unknown;
  prototype[name] = function (this: Class, ...given: unknown[]) {
    const result = method.apply(this, given);
    tell(result, given, this);
    return result;
  } as Class[keyof Class];
}
