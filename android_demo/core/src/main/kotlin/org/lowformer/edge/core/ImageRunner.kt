package org.lowformer.edge.core

/**
 * A loaded file with what its bundle says of images and of outputs. Not for several threads at once.
 *
 * @param runner of a file of that bundle; closed with it.
 */
class ImageRunner(manifest: Manifest, private val runner: Runner) : AutoCloseable {
    private val preprocessing = manifest.preprocessing
    private val reader = OutputReader.of(manifest, runner.model)

    val model: ModelFile get() = runner.model

    val description: RuntimeDescription get() = runner.description

    /** The file's input of one image; a file that takes several at a time gets zeros for the others. */
    fun input(image: RgbImage): ModelInput =
        ModelInput.of(preprocessing.pixels(image).pixels, 1, model.input, preprocessing)

    /** As [Runner.run]. */
    fun run(input: ModelInput): List<FloatArray> = runner.run(input)

    /** As [OutputReader.read]. */
    fun read(outputs: List<FloatArray>, image: Size): Findings = reader.read(outputs, image)

    /**
     * What an image shows.
     *
     * @throws EdgeException the image is too unequal, the runtime failed, or a value is NaN or infinite.
     */
    fun find(image: RgbImage): Findings = read(run(input(image)), Size(image.height, image.width))

    /**
     * A classifier's likeliest classes, as many as are wanted.
     *
     * @throws EdgeException as [find].
     */
    fun scores(image: RgbImage, most: Int): List<Score> = model.scores(run(input(image)), most)

    override fun close() = runner.close()
}
