package org.lowformer.edge

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Rect
import android.graphics.RectF
import android.text.TextPaint
import android.text.TextUtils
import android.util.AttributeSet
import android.view.View
import org.lowformer.edge.core.LabelMap
import org.lowformer.edge.core.inkOn
import org.lowformer.edge.screen.Bounds
import org.lowformer.edge.screen.Caption
import org.lowformer.edge.screen.FrameSize
import org.lowformer.edge.screen.Overlay
import org.lowformer.edge.screen.PicturePlace
import org.lowformer.edge.screen.ScreenView
import org.lowformer.edge.screen.captionBounds

/** Draws boxes with names, or a mask with a legend, over the picture that is beneath it. */
class OverlayView(context: Context, attributes: AttributeSet) : View(context, attributes) {
    private val margin = resources.getDimension(R.dimen.overlay_margin)
    private val frame = Paint().apply {
        style = Paint.Style.STROKE
        strokeWidth = resources.getDimension(R.dimen.overlay_line)
    }
    private val ground = Paint()
    private val ink = TextPaint(Paint.ANTI_ALIAS_FLAG).apply { textSize = resources.getDimension(R.dimen.overlay_text) }
    private var view: ScreenView? = null
    private var painted: LabelMap? = null
    private var mask: Bitmap? = null

    /** Draws what a screen has from now on. */
    internal fun show(view: ScreenView) {
        val before = this.view
        this.view = view
        if (view.overlay !is Overlay.Mask) {
            painted = null
            mask = null
        }
        val isNew = before == null || before.overlay != view.overlay || before.isWhole != view.isWhole ||
            before.isMirrored != view.isMirrored
        if (isNew) invalidate()
    }

    override fun onDraw(canvas: Canvas) {
        val shown = view ?: return
        val overlay = shown.overlay ?: return
        val size = FrameSize(width, height)
        val place = PicturePlace.of(size, overlay.image, shown.isWhole, shown.isMirrored)
        when (overlay) {
            is Overlay.Boxes -> drawBoxes(canvas, overlay, place, size)
            is Overlay.Mask -> {
                drawMask(canvas, overlay, place)
                drawLegend(canvas, overlay.legend)
            }
        }
    }

    private fun drawBoxes(canvas: Canvas, overlay: Overlay.Boxes, place: PicturePlace, size: FrameSize) {
        for (mark in overlay.boxes) {
            frame.color = OPAQUE or mark.caption.colour
            canvas.drawRect(place.bounds(mark.box).toRect(), frame)
        }
        for (mark in overlay.boxes) {
            val text = textOf(mark.caption)
            val bounds = captionBounds(place.bounds(mark.box), widthOf(text), lineHeight, size)
            draw(canvas, text, mark.caption.colour, bounds)
        }
    }

    private fun drawMask(canvas: Canvas, overlay: Overlay.Mask, place: PicturePlace) {
        val (width, height) = overlay.image
        val bitmap = mask?.takeIf { it.width == width && it.height == height }
            ?: Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)
        if (painted !== overlay.map || mask !== bitmap) {
            bitmap.setPixels(overlay.paint(), 0, width, 0, 0, width, height)
            painted = overlay.map
            mask = bitmap
        }
        val bounds = place.bounds(Bounds(0f, 0f, width.toFloat(), height.toFloat())).toRect()
        canvas.save()
        if (place.mirror != null) canvas.scale(-1f, 1f, bounds.centerX(), bounds.centerY())
        canvas.drawBitmap(bitmap, Rect(0, 0, width, height), bounds, null)
        canvas.restore()
    }

    /** One line below the other, as far as there is room. */
    private fun drawLegend(canvas: Canvas, legend: List<Caption>) {
        var top = 0f
        for (caption in legend) {
            if (top + lineHeight > height) return
            val text = textOf(caption)
            draw(canvas, text, caption.colour, Bounds(0f, top, widthOf(text), top + lineHeight))
            top += lineHeight
        }
    }

    private fun draw(canvas: Canvas, text: CharSequence, colour: Int, bounds: Bounds) {
        ground.color = OPAQUE or colour
        canvas.drawRect(bounds.toRect(), ground)
        ink.color = OPAQUE or inkOn(colour)
        canvas.drawText(text, 0, text.length, bounds.left + margin, bounds.top + margin - ink.ascent(), ink)
    }

    /** The text, cut off where it is wider than the view. */
    private fun textOf(caption: Caption): CharSequence =
        TextUtils.ellipsize(resources.text(caption.text), ink, width - 2 * margin, TextUtils.TruncateAt.END)

    private fun widthOf(text: CharSequence): Float = ink.measureText(text, 0, text.length) + 2 * margin

    private val lineHeight: Float get() = ink.descent() - ink.ascent() + 2 * margin

    private companion object {
        const val OPAQUE = 0xFF shl 24

        fun Bounds.toRect() = RectF(left, top, right, bottom)
    }
}
