package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.lowformer.edge.core.Detection
import org.lowformer.edge.core.Findings
import org.lowformer.edge.core.LabelMap
import org.lowformer.edge.core.Size
import org.lowformer.edge.core.colourOf

class OverlayTest {
    private val boot = Detection(1, 0.75f, 1f, 2f, 30f, 40f)
    private val shirt = Detection(0, 0.3f, 5f, 5f, 9f, 9f)
    private val faint = Detection(0, 0.25f, 0f, 0f, 9f, 9f)

    private fun live(findings: Findings) = LIVE.through(ScreenEvent.Classified(KEY, null, findings, 2.0, 1.0, 0.0)).view

    private fun objects(vararg found: Detection) = live(Findings.Objects(Size(48, 64), found.toList()))

    private fun labels(vararg classes: Int): ScreenView {
        val map = LabelMap(Size(2, 4), ByteArray(8) { classes[it].toByte() })
        return live(Findings.Labels(map, map.regions()))
    }

    @Test
    fun theBestBoxIsDrawnLastAndToldFirst() {
        val view = objects(boot, shirt, faint)
        val overlay = view.overlay as Overlay.Boxes
        assertEquals(FrameSize(64, 48), overlay.image)
        val names = listOf("shirt", "boot").map { Wording.Plain(it) }
        val captions = names.zip(listOf(0.3f, 0.75f)).map { (name, score) ->
            Message.FOUND_OBJECT.with(name, score.toDouble())
        }
        assertEquals(captions, overlay.boxes.map { it.caption.text })
        assertEquals(listOf(0, 1).map(::colourOf), overlay.boxes.map { it.caption.colour })
        assertEquals(Bounds(1f, 2f, 30f, 40f), overlay.boxes.last().box)
        assertEquals(names.reversed(), view.scores.map { it.name })
        assertEquals(Message.BEST_CLASS.with(names[1], 75.0), view.best)
    }

    @Test
    fun nothingFoundIsSaid() {
        for (view in listOf(objects(), objects(faint))) {
            assertEquals(Message.CAMERA_LIVE, view.status.message)
            assertEquals(emptyList<ScoreRow>(), view.scores)
            assertEquals(Message.NOTHING_FOUND.with(), view.best)
            assertEquals(emptyList<BoxMark>(), (view.overlay as Overlay.Boxes).boxes)
        }
        assertNull(LIVE.view.best)
    }

    @Test
    fun fiveLinesAreEnough() = assertEquals(5, objects(*Array(9) { boot }).scores.size)

    @Test
    fun masksHaveColoursAndALegend() {
        val view = labels(1, 1, 1, 0, 255, 1, 0, 2)
        val overlay = view.overlay as Overlay.Mask
        assertEquals(FrameSize(4, 2), overlay.image)
        val (shirt, boot, third) = List(3) { (140 shl 24) or colourOf(it) }
        assertArrayEquals(intArrayOf(boot, boot, boot, shirt, 0, boot, shirt, third), overlay.paint())
        val expected = listOf(
            Caption(Message.FOUND_REGION.with(Wording.Plain("boot"), 50.0), colourOf(1)),
            Caption(Message.FOUND_REGION.with(Wording.Plain("shirt"), 25.0), colourOf(0)),
            Caption(Message.FOUND_REGION.with(Message.CLASS_NUMBER.with(2), 12.5), colourOf(2)),
        )
        assertEquals(expected, overlay.legend)
        assertEquals(listOf(0.5f, 0.25f, 0.125f), view.scores.map { it.probability })
    }

    @Test
    fun theBackgroundIsNotPainted() {
        val content = BundleContent(LIVE.offers, listOf("Background", "boot"))
        val map = LabelMap(Size(1, 2), byteArrayOf(0, 1))
        val state = LIVE.copy(bundle = BundleState.Open(DEMO.id, content))
        val findings = Findings.Labels(map, map.regions())
        val overlay = state.through(ScreenEvent.Classified(KEY, null, findings, 2.0, 1.0, 0.0)).view.overlay as Overlay.Mask
        assertEquals(0, overlay.paint().first())
        assertEquals(listOf(Wording.Plain("boot")), overlay.legend.map { (it.text as Wording.Known).arguments.first() })
    }

    @Test
    fun classesOfNextToNoPixelAreNotInTheLegend() {
        val map = LabelMap(Size(100, 100), ByteArray(10_000).also { it[0] = 1 })
        val overlay = live(Findings.Labels(map, map.regions())).overlay as Overlay.Mask
        assertEquals(1, overlay.legend.size)
    }

    @Test
    fun nothingIsDrawnWhereThereIsNoPicture() {
        assertNull(live(SCORES).overlay)
        val found = Findings.Objects(Size(4, 4), listOf(boot))
        val state = LIVE.through(ScreenEvent.Classified(KEY, null, found, 2.0, 1.0, 0.0))
        assertTrue(state.view.overlay != null)
        assertNull(state.copy(camera = CameraState.Closing).view.overlay)
    }

    @Test
    fun thePictureSaysHowItIsSeen() {
        assertTrue(LIVE.view.isWhole)
        assertEquals(false, LIVE.view.isMirrored)
        assertTrue(LIVE.copy(camera = CameraState.Live(Facing.FRONT)).view.isMirrored)
        val content = BundleContent(LIVE.offers, null, seesAll = false)
        val cropping = LIVE.copy(bundle = BundleState.Open(DEMO.id, content))
        assertEquals(false, cropping.view.isWhole)
        val photo = cropping.through(ScreenEvent.PhotoPicked("content://photo"), ScreenEvent.PhotoRead(1, 1)).view
        assertTrue(photo.isWhole && !photo.isMirrored)
    }
}
