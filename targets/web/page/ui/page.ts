import { decodingText, parseProbes, probeDecoder, PROBES } from "../imaging/decoder-probes";
import { ImageDecoder } from "../imaging/image-decoder";
import { GoldenVectors } from "../judging/golden-vectors";
import { type BrowserFacts, browserFacts } from "../running/browser-facts";
import type { Bundle } from "../running/bundle";
import { parseJob } from "../running/job";
import { isolatePage } from "../running/isolation";
import type { Golden } from "../running/measurement";
import { CommandPost } from "../running/post";
import type { JobDocument } from "../running/report";
import { Site } from "../running/site";
import { CheckSection } from "./check-section";
import { factList } from "./fact-list";
import { StatusLine } from "./status-line";
import { TrySection } from "./try-section";

/** Fills the page with what its site has, and does what the command that serves it asks for. */
export async function showPage(page: Document, root: URL): Promise<void> {
  const status = new StatusLine();
  place(page, "state").append(...status.elements);
  status.tell("Loading…");
  if (await isolatePage(root)) return;
  try {
    const { check, starts } = await fill(page, new Site(root));
    status.tell("");
    if (starts) await check.run();
  } catch (error) {
    status.fail(error);
  }
}

/** What a page was filled with. */
interface Filled {
  readonly check: CheckSection;

  /** Whether it does its job at once. */
  readonly starts: boolean;
}

async function fill(page: Document, site: Site): Promise<Filled> {
  const source = await site.json("job.json");
  const job = parseJob(source);
  const bundle = await site.bundle();
  page.title = `${job.name} in a browser`;
  place(page, "name").textContent = job.name;
  const decoder = new ImageDecoder();
  const differences = await probeDecoder(parseProbes(await site.json(PROBES)), decoder);
  const machine: BrowserFacts = {
    ...(await browserFacts()),
    "decoding of photos": decodingText(differences),
  };
  place(page, "facts").append(factList(machine));
  const post = job.starts ? await CommandPost.open(site.root, machine) : null;
  const golden = bundle && (await goldenOf(site, bundle));
  let trials: TrySection | null = null;
  const check = new CheckSection(shown(page, "check"), {
    ...{ site, job, source: source as JobDocument, bundle, golden, machine, post },
    occupy: (isBusy) => trials?.pause(isBusy),
  });
  if (bundle && job.files.length > 0) {
    shown(page, "contents");
    trials = await TrySection.open(shown(page, "try"), { site, job, bundle, decoder, differences });
  }
  return { check, starts: job.starts };
}

async function goldenOf(site: Site, bundle: Bundle): Promise<Golden> {
  const vectors = await GoldenVectors.read(await site.fetched(bundle.golden), bundle.golden, bundle.outputs);
  return { vectors, task: bundle.task };
}

/** An element that the page's document has. */
function place(page: Document, id: string): HTMLElement {
  const element = page.getElementById(id);
  if (!element) throw new Error(`the document has no #${id}`);
  return element;
}

/** A section, which is hidden until it has something in it. */
function shown(page: Document, id: string): HTMLElement {
  const section = place(page, id);
  section.hidden = false;
  return section;
}
