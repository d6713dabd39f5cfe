package org.lowformer.edge

import android.content.Context
import android.util.AttributeSet
import android.view.View
import android.widget.FrameLayout

/** As wide as it may be, and as high as it is wide: what preprocessing crops is a square, too. */
class SquareFrame(context: Context, attributes: AttributeSet) : FrameLayout(context, attributes) {
    private val longest = resources.getDimensionPixelSize(R.dimen.picture_longest_side)

    init {
        clipChildren = true
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val sides = listOf(widthMeasureSpec, heightMeasureSpec)
            .filter { View.MeasureSpec.getMode(it) != View.MeasureSpec.UNSPECIFIED }
            .map(View.MeasureSpec::getSize)
        val side = View.MeasureSpec.makeMeasureSpec((sides + longest).min(), View.MeasureSpec.EXACTLY)
        super.onMeasure(side, side)
    }
}
