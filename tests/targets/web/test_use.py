"""People use the page: by touch, by keys, by ear, with a camera, and on a host of any sort."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.artifact.files import digest_of
from lowformer_edge.artifact.manifest import FILE_NAME
from lowformer_edge.lab.place import Lab
from lowformer_edge.lab.web import AXE_SCRIPT
from lowformer_edge.targets.web.protocol import WebFile, parse_answer, parse_check
from lowformer_edge.tasks.classification import CLASSIFICATION

from .chromium import DESKTOP, PHONE, opened_browser
from .sites import WASM, Parts, Served, served, site_of, stated
from .test_pictures import PICTURES, saved, scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright, ViewportSize

pytestmark = pytest.mark.browser

START = "Check and time all files"
SEEN = "This is what the model sees in the photo."

LONG_MS = 120_000
"""For what runs files on a machine that has much to do."""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(2):
        (folder / f"{number}.jpg").write_bytes(saved(scene(160 + number), "jpeg", quality=90))
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def classifier_site(
    classifier_bundle: Path, page_files: dict[str, bytes], web_lab: Lab, photos: list[Path]
) -> Parts:
    return site_of(classifier_bundle, page_files, rounds=2, samples=photos)


@pytest.fixture(scope="module")
def site(classifier_site: Parts) -> Iterator[Served]:
    with served(classifier_site) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Served) -> Iterator[Page]:
    """The page on a phone's screen."""
    yield from opened(browser, site)


def opened(browser: Browser, site: Served, **options: Any) -> Iterator[Page]:
    """The page, once it is filled; nothing may go wrong on it unseen, or be fetched from afar."""
    context = browser.new_context(
        **{"viewport": screen(PHONE), "permissions": ["camera"], **options}
    )
    page = context.new_page()
    errors: list[str] = []
    addresses: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(site.address)
    page.get_by_role("combobox", name="File").wait_for()
    yield page
    assert errors == []
    foreign = [one for one in addresses if not one.startswith((site.address, "blob:", "data:"))]
    assert foreign == []
    context.close()


def screen(size: tuple[int, int]) -> ViewportSize:
    return {"width": size[0], "height": size[1]}


def job_of(parts: Parts) -> dict[str, Any]:
    """What a site asks for."""
    return stated(parts, "job.json")


def choose_sample(page: Page) -> None:
    page.get_by_role("button", name="Sample photo 1").click()
    page.get_by_text(SEEN).wait_for(timeout=LONG_MS)


def measure(page: Page) -> None:
    page.get_by_role("button", name=START).click()
    page.get_by_role("button", name="Save the report").wait_for(timeout=LONG_MS)


def told(page: Page, label: str) -> list[str]:
    """A column of the table, in one line a cell."""
    cells = page.locator(f'.results td[data-label="{label}"]').all()
    return [" ".join(cell.inner_text().split()) for cell in cells]


def test_files_are_checked_and_timed_and_the_report_is_saved(
    page: Page, classifier_site: Parts, classifier_bundle: Path
) -> None:
    measure(page)
    names = page.locator(".results tbody th").all_inner_texts()
    opened_bundle = open_bundle(classifier_bundle)
    assert names == [one.file.path for one in opened_bundle.manifest.artifacts]
    single, int8, onnx = (float(text.removesuffix(" dB")) for text in told(page, "Parity"))
    assert min(single, onnx) > 100
    assert 20 < int8 < 60
    assert told(page, "Same results") == ["100.0 %"] * 3
    assert all(re.fullmatch(r"[\d.]+ ms not an app's", text) for text in told(page, "Median time"))
    assert told(page, "Time over fp32's")[0] == "× 1.00"
    assert re.fullmatch(r"× [\d.]+", told(page, "Time over fp32's")[1])
    assert set(told(page, "On")) == {"WebAssembly, 1 thread"}

    with page.expect_download() as download:
        page.get_by_role("button", name="Save the report").click()
    assert re.fullmatch(r"demo-web-[\dTZ-]+\.json", download.value.suggested_filename)
    report = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    check_report(report, job_of(classifier_site), classifier_bundle)


def check_report(report: dict[str, Any], job: dict[str, Any], bundle: Path) -> None:
    """A report is what the commands take back."""
    assert list(report) == ["report", "created", "bundle", "machine", "files", "requests"]
    assert report["report"] == 1
    created = datetime.datetime.strptime(report["created"], "%Y-%m-%dT%H:%M:%SZ")
    assert abs(datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - created).seconds < 600
    digest = digest_of(bundle / FILE_NAME)
    assert report["bundle"] == {"name": "demo", "manifest_sha256": digest}
    assert report["files"] == job["files"]
    assert [one["task"] for one in report["requests"]] == job["requests"]
    assert report["machine"]["isolated"] == "yes"
    assert "decoding of photos" in report["machine"]
    checks = [one for one in report["requests"] if one["task"]["task"] == "check"]
    golden = open_bundle(bundle).golden()
    for request in checks:
        answer = parse_answer(json.dumps(request["answer"]).encode(), "the report")
        files = [WebFile.model_validate(job["files"][k]) for k in request["task"]["files"]]
        for file, (ran, outputs) in zip(
            files, parse_check(answer, files, 2, "the report"), strict=True
        ):
            assert ran.failure is None
            assert outputs is not None
            expected = {name: values[:2] for name, values in golden.outputs.items()}
            least = 100 if file.precision == "fp32" else 20
            sqnr = CLASSIFICATION.compare(expected, outputs).sqnr_db
            assert sqnr == "exact" or sqnr > least


def test_the_report_is_shared_where_phones_share_files(browser: Browser, site: Served) -> None:
    for page in opened(browser, site):
        page.evaluate(
            """() => {
                navigator.canShare = ({ files }) => files[0].type === "application/json";
                navigator.share = async ({ files }) => { document.title = await files[0].text(); };
            }"""
        )
        measure(page)
        page.get_by_role("button", name="Share the report").click()
        from playwright.sync_api import expect

        expect(page).to_have_title(re.compile("^{"))
        report = json.loads(page.evaluate("document.title"))
        assert report["report"] == 1


def test_measuring_can_be_stopped(page: Page) -> None:
    page.get_by_role("button", name=START).click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    page.get_by_text("step 1 of").wait_for()
    stop.click()
    page.get_by_text("Stopped. The report has what was done.").wait_for(timeout=LONG_MS)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the report").click()
    report = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert 0 < len(report["requests"]) < 6
    assert page.get_by_role("button", name=START).is_visible()


def test_photos_are_not_tried_meanwhile(page: Page) -> None:
    choose_sample(page)
    page.get_by_role("button", name=START).click()
    page.get_by_text("Files are measured just now").wait_for()
    for name in ("Sample photo 1", "Use the camera"):
        assert page.get_by_role("button", name=name).is_disabled()
    assert page.get_by_role("combobox", name="File").is_disabled()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped.").wait_for(timeout=LONG_MS)
    choose_sample(page)


def test_a_command_that_waits_gets_all_answers(browser: Browser, classifier_site: Parts) -> None:
    job = job_of(classifier_site) | {"starts": True}
    parts = {**classifier_site, "job.json": json.dumps(job).encode()}
    with served(parts, takes_posts=True) as site:
        for page in opened(browser, site):
            page.get_by_text("The command has all answers").wait_for(timeout=LONG_MS)
            assert page.get_by_role("button", name=START).count() == 0
            assert len(told(page, "Parity")) == 3
    first, *posts = site.posts
    assert first[0] == "browsers"
    assert first[1]["machine"]["secure"] == "yes"
    answers = [path for path, _ in posts if "/answers/" in path]
    assert answers == [f"browsers/0/answers/{number}" for number in range(len(job["requests"]))]
    assert [body for path, body in posts if path.endswith("/progress")]


def test_a_command_that_has_ended_is_told(browser: Browser, classifier_site: Parts) -> None:
    job = job_of(classifier_site) | {"starts": True}
    with served({**classifier_site, "job.json": json.dumps(job).encode()}) as site:
        context = browser.new_context()
        page = context.new_page()
        page.goto(site.address)
        alert = page.get_by_role("alert").filter(has_text="The command refuses what was sent")
        alert.wait_for()
        context.close()


def test_a_photo_is_seen_and_other_files_see_it_too(page: Page, photos: list[Path]) -> None:
    page.locator("input[type=file]").set_input_files(photos[0])
    page.get_by_text(SEEN).wait_for(timeout=LONG_MS)
    assert page.locator(".findings li").count() == 5
    assert page.get_by_role("img", name=f"The photo {photos[0].name}").is_visible()
    latency = page.locator(".latency").inner_text()
    assert re.fullmatch(r"Model [\d.]+\sms, preprocessing [\d.]+\sms \(1 image\)", latency)
    assert "These are not the times of an app." in page.locator(".trial").inner_text()
    before = page.locator(".findings").inner_text()
    page.get_by_role("combobox", name="File").select_option("demo-int8.tflite")
    page.get_by_text(SEEN).wait_for(timeout=LONG_MS)
    page.locator(".latency:not(:empty)").wait_for(timeout=LONG_MS)
    assert page.locator(".findings").inner_text() != before


def test_what_is_no_photo_is_told(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_text("no image")
    page.locator("input[type=file]").set_input_files(path)
    alert = page.get_by_role("alert").filter(has_text="This is no image that this browser opens")
    alert.wait_for(timeout=LONG_MS)
    assert page.locator(".stage").is_hidden()
    choose_sample(page)
    assert page.locator("#try .problem").is_hidden()


def test_the_camera_is_looked_through(page: Page) -> None:
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_text("This is what the model sees through the camera.").wait_for(timeout=LONG_MS)
    page.locator(".latency", has_text="images a second").wait_for(timeout=LONG_MS)
    assert page.locator("video").is_visible()
    page.get_by_role("button", name="Stop the camera").click()
    page.get_by_text("No photo is picked.").wait_for()
    assert page.locator("video").is_hidden()
    assert page.locator(".findings li").count() == 0


def test_a_camera_that_may_not_be_used_is_told(playwright: Playwright, site: Served) -> None:
    flags = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
    with opened_browser(playwright, flags) as browser:
        for page in opened(browser, site, permissions=[]):
            page.get_by_role("button", name="Use the camera").click()
            page.get_by_role("alert").filter(has_text="The page may not use the camera").wait_for()
            options = page.get_by_role("combobox", name="Run by").locator("option")
            assert options.nth(2).inner_text() == "GPU (WebGPU): this browser shows no GPU to pages"
            assert options.nth(2).is_disabled()
            choose_sample(page)


def focused(page: Page) -> str:
    """What has the focus, by its name."""
    return page.evaluate(
        """() => {
            const e = document.activeElement;
            const name = e.getAttribute("aria-label") ?? e.labels?.[0]?.innerText ?? e.innerText;
            return name.split("\\n")[0].trim();
        }"""
    )


def walk_to(page: Page, name: str) -> list[str]:
    """Presses Tab until something has the focus; what had it meanwhile."""
    names: list[str] = []
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue
        names.append(focused(page))
        ring = page.evaluate(
            """() => {
                const e = document.activeElement.closest(".button") ?? document.activeElement;
                return getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth;
            }"""
        )
        assert ring == "solid3px", names[-1]
        if names[-1] == name:
            return names
    pytest.fail(f"no Tab leads to {name}: {names}")


def test_keys_alone_do_all(page: Page) -> None:
    walked = walk_to(page, "Sample photo 1")
    assert walked == [
        *("Check and time", "Try it", "What this browser tells of itself", START),
        *("File", "Run by", "Choose a photo", "Use the camera", "Sample photo 1"),
    ]
    page.keyboard.press("Enter")
    page.get_by_text(SEEN).wait_for(timeout=LONG_MS)
    page.evaluate("document.activeElement.blur()")
    walk_to(page, "File")
    page.keyboard.press("ArrowDown")
    page.locator(".latency:not(:empty)").wait_for(timeout=LONG_MS)
    walk_to(page, "Use the camera")
    page.keyboard.press("Enter")
    stop = page.get_by_role("button", name="Stop the camera")
    stop.wait_for(timeout=LONG_MS)
    assert focused(page) == "Stop the camera"
    page.keyboard.press("Enter")
    stop.wait_for(state="hidden")
    assert focused(page) == "Use the camera"
    page.evaluate("document.activeElement.blur()")
    walk_to(page, START)
    page.keyboard.press("Space")
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    assert focused(page) == "Stop"
    page.keyboard.press("Space")
    page.get_by_role("button", name=START).wait_for(timeout=LONG_MS)
    assert focused(page) == START


AXE = """async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
        .map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}"""

TOO_SMALL = """() => [...document.querySelectorAll("button, select, .button, summary, nav a")]
    .filter((e) => e.getClientRects().length)
    .map((e) => [e.innerText.slice(0, 30), e.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 44 || height < 44).map(([name]) => name)"""

SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll("body *")]
    .filter((e) => e.getClientRects().length && [...e.childNodes].some((n) => n.nodeType === 3))
    .map((e) => parseFloat(getComputedStyle(e).fontSize)))"""


def check_looks(page: Page, axe: str) -> None:
    """Nothing keeps people from what a state of the page shows."""
    page.evaluate(axe)
    assert page.evaluate(AXE) == []
    width = page.evaluate("innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate(SMALLEST_TEXT) >= 16


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
def test_every_state_can_be_read(
    browser: Browser, site: Served, web_lab: Lab, size: tuple[int, int], scheme: str
) -> None:
    axe = (web_lab.folder / AXE_SCRIPT).read_text(encoding="utf-8")
    # The checker is a script that the page's policy would refuse.
    for page in opened(
        browser, site, viewport=screen(size), color_scheme=scheme, bypass_csp=True, has_touch=True
    ):
        page.get_by_text("What this browser tells of itself").click()
        check_looks(page, axe)
        choose_sample(page)
        check_looks(page, axe)
        page.get_by_role("button", name=START).click()
        page.get_by_text("step 2 of").wait_for(timeout=LONG_MS)
        check_looks(page, axe)
        page.get_by_role("button", name="Save the report").wait_for(timeout=LONG_MS)
        check_looks(page, axe)


def test_boxes_and_masks_can_be_read(
    browser: Browser,
    dense_bundle: Path,
    page_files: dict[str, bytes],
    web_lab: Lab,
    photos: list[Path],
) -> None:
    axe = (web_lab.folder / AXE_SCRIPT).read_text(encoding="utf-8")
    parts = site_of(dense_bundle, page_files, samples=photos)
    with served(parts) as site:
        for page in opened(browser, site, bypass_csp=True):
            choose_sample(page)
            check_looks(page, axe)
            assert page.locator(".findings .chip").count() > 0
            picture = page.locator(".frame").screenshot()
            page.locator(".overlay").evaluate("e => e.remove()")
            assert page.locator(".frame").screenshot() != picture


def test_narrow_screens_have_room(browser: Browser, site: Served) -> None:
    for page in opened(browser, site, viewport=screen((320, 640))):
        choose_sample(page)
        measure(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_page_out_of_sight_is_told(browser: Browser, site: Served) -> None:
    for page in opened(browser, site):
        page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
        measure(page)
        assert page.get_by_text("The page was out of sight for a while").is_visible()


def test_a_host_without_headers_is_isolated_by_one_reload(
    browser: Browser, classifier_site: Parts
) -> None:
    with served(classifier_site, isolated=False) as site:
        context = browser.new_context()
        page = context.new_page()
        visits: list[str] = []
        page.on("framenavigated", lambda frame: visits.append(frame.url))
        page.goto(site.address)
        threads = page.get_by_role("combobox", name="Run by").locator("option").nth(1)
        threads.wait_for(state="attached")
        assert page.evaluate("crossOriginIsolated")
        assert len(visits) == 2
        page.get_by_role("combobox", name="Run by").select_option(threads.inner_text())
        choose_sample(page)
        assert "threads" in page.locator(".trial").inner_text()
        context.close()


def test_a_browser_without_service_workers_goes_on_with_one_thread(
    browser: Browser, classifier_site: Parts
) -> None:
    with served(classifier_site, isolated=False) as site:
        for page in opened(browser, site, service_workers="block"):
            assert not page.evaluate("crossOriginIsolated")
            option = page.get_by_role("combobox", name="Run by").locator("option").nth(1)
            assert option.inner_text().endswith("threads: the page is not isolated")
            choose_sample(page)


def test_files_that_cannot_be_run_say_why(browser: Browser, classifier_site: Parts) -> None:
    job = job_of(classifier_site)
    job["files"][0]["bytes"] -= 1
    check = next(one for one in job["requests"] if one["task"] == "check")
    job["requests"] = [check, {**check, **WASM, "accelerator": "webgpu-fp16"}]
    with served({**classifier_site, "job.json": json.dumps(job).encode()}) as site:
        for page in opened(browser, site):
            measure(page)
            reasons = page.locator(".results .problem").all_inner_texts()
            damaged = "Is not the file that the site was made for; build the site again."
            assert reasons == [
                *(damaged, damaged, "This GPU has no half precision in WebGPU (shader-f16)."),
                "ONNX files are run in WebAssembly alone; TFLite files run by WebGPU.",
            ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("job.json", None, "job.json is not there; build the site again."),
        ("job.json", b"{", "job.json is no JSON; build the site again."),
        ("bundle.json", b'{"name": 1}', "bundle.json.task is missing."),
        ("golden.npz", b"PK", "golden.npz: not a readable array file"),
    ],
)
def test_a_site_that_is_damaged_is_told(
    browser: Browser, classifier_site: Parts, name: str, content: bytes | None, said: str
) -> None:
    parts = {**classifier_site}
    if content is None:
        del parts[name]
    else:
        parts[name] = content
    with served(parts) as site:
        context = browser.new_context()
        page = context.new_page()
        page.goto(site.address)
        page.get_by_role("alert").filter(has_text=said).wait_for()
        context.close()


def test_files_of_no_bundle_are_run_without_a_trial(
    browser: Browser, classifier_site: Parts
) -> None:
    with served({**classifier_site, "bundle.json": b"null"}) as site:
        context = browser.new_context()
        page = context.new_page()
        page.goto(site.address)
        page.get_by_role("button", name=START).wait_for()
        assert page.get_by_role("heading", name="Try it").count() == 0
        context.close()


def test_a_photo_with_alpha_is_tried_too(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "alpha.png"
    path.write_bytes(PICTURES["alpha.png"])
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text(SEEN).wait_for(timeout=LONG_MS)
