package org.lowformer.edge

import android.view.LayoutInflater
import android.view.View
import android.widget.RadioButton
import android.widget.RadioGroup
import org.lowformer.edge.screen.Option

/**
 * Choices as radio buttons; one that cannot be taken is disabled and says why.
 *
 * @property onChosen takes the chosen option's id.
 */
internal class OptionList(
    private val group: RadioGroup,
    private val heading: View,
    private val onChosen: (String) -> Unit,
) {
    private var shown: List<Option> = emptyList()
    private var buttons: List<RadioButton> = emptyList()

    fun show(options: List<Option>) {
        // Buttons stay the same as long as they can, so that whoever is on one with a screen reader stays there.
        val isOther = options.map { it.copy(isChosen = false) } != shown.map { it.copy(isChosen = false) }
        if (isOther) rebuild(options)
        shown = options
        val chosen = options.indexOfFirst { it.isChosen }
        if (chosen >= 0) group.check(buttons[chosen].id) else group.clearCheck()
        val visibility = if (options.isEmpty()) View.GONE else View.VISIBLE
        group.visibility = visibility
        heading.visibility = visibility
    }

    private fun rebuild(options: List<Option>) {
        group.removeAllViews()
        group.clearCheck()
        buttons = options.map(::button)
        buttons.forEach(group::addView)
    }

    private fun button(option: Option): RadioButton {
        val button = LayoutInflater.from(group.context).inflate(R.layout.option, group, false) as RadioButton
        val resources = group.resources
        val title = resources.text(option.title)
        val why = option.why
        button.id = View.generateViewId()
        button.isSaveEnabled = false
        button.isEnabled = why == null
        button.text =
            if (why == null) title else resources.getString(R.string.option_with_reason, title, resources.text(why))
        button.setOnClickListener { onChosen(option.id) }
        return button
    }
}
