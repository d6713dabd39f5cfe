package org.lowformer.edge

import android.content.Context
import android.util.AttributeSet
import android.view.View
import android.widget.FrameLayout
import org.lowformer.edge.screen.FrameSize

/** As large as it may be, in the shape of the model's input: what preprocessing leaves has that shape, too. */
class PictureFrame(context: Context, attributes: AttributeSet) : FrameLayout(context, attributes) {
    private val longest = resources.getDimensionPixelSize(R.dimen.picture_longest_side)

    /** Any size of the shape. */
    var shape: FrameSize = FrameSize(1, 1)
        set(value) {
            if (field == value) return
            field = value
            requestLayout()
        }

    init {
        clipChildren = true
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val size = shape.within(FrameSize(limit(widthMeasureSpec), limit(heightMeasureSpec)))
        super.onMeasure(exactly(size.width), exactly(size.height))
    }

    private fun limit(measureSpec: Int): Int =
        if (View.MeasureSpec.getMode(measureSpec) == View.MeasureSpec.UNSPECIFIED) {
            longest
        } else {
            minOf(longest, View.MeasureSpec.getSize(measureSpec))
        }

    private fun exactly(side: Int): Int = View.MeasureSpec.makeMeasureSpec(side, View.MeasureSpec.EXACTLY)
}
