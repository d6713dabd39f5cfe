import { PageError } from "../page-error";

/** Pixels that are asked for; what a network sees is smaller. */
const WIDTH = 1280;
const HEIGHT = 720;

/** By the names of the errors that browsers have for cameras. */
const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError: "the page may not use the camera; allow it in the browser's settings, or choose a photo",
  NotFoundError: "this device has no camera; choose a photo",
  NotReadableError: "another app uses the camera; close it and try again, or choose a photo",
  OverconstrainedError: "this camera is not there any more; try again, or choose a photo",
};

/** The camera that looks away from whoever holds the phone, and the other one. */
export type Facing = "environment" | "user";

/** A camera that is on. */
export class Camera {
  private constructor(
    private readonly stream: MediaStream,
    private readonly video: HTMLVideoElement,
  ) {}

  /** Why there is none; null where there may be one. */
  static get missing(): string | null {
    // Not there where the page is not secure, whatever the types say.
    const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices };
    return mediaDevices ? null : "the live camera needs a page that came by https or from this device";
  }

  /**
   * Turns a camera on; people are asked first.
   *
   * @param video shows it.
   * @param facing which one, where there are several.
   * @param ended is told when it was taken away.
   * @throws PageError there is none, or it may not be used.
   */
  static async open(video: HTMLVideoElement, facing: Facing, ended: () => void): Promise<Camera> {
    if (Camera.missing) throw new PageError(Camera.missing);
    let stream: MediaStream;
    try {
      const wanted = { facingMode: facing, width: { ideal: WIDTH }, height: { ideal: HEIGHT } };
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
    } catch (error) {
      throw new PageError(reasonOf(error));
    }
    const camera = new Camera(stream, video);
    stream.getVideoTracks()[0]?.addEventListener("ended", ended);
    try {
      video.srcObject = stream;
      await video.play();
      if (video.videoWidth === 0) await new Promise((resolve) => (video.onresize = resolve));
    } catch (error) {
      camera.close();
      throw new PageError(reasonOf(error));
    }
    return camera;
  }

  /** How many there are. */
  static async count(): Promise<number> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").length;
  }

  /** Turns it off. */
  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
    this.video.srcObject = null;
  }
}

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  return REASONS[name] ?? "the camera does not work; try again, or choose a photo";
}
