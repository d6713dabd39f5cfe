package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.file.Files

class DigestTest {
    @TempDir
    lateinit var folder: File

    private val empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test
    fun aFilesDigestIsSha256() {
        val file = File(folder, "a")
        file.writeText("")
        assertEquals(empty, digestOf(file))
        file.writeBytes(ByteArray(200_000) { 'a'.code.toByte() })
        assertEquals("2287d207f24a941ff3b56c04c8a25ad56b63e3023207b3bb5b4ac0c9869d74be", digestOf(file))
        assertEquals(200_000, sizeOf(file))
    }

    /** The expected digest is what Python's digest_of gives for the same files. */
    @Test
    fun aFoldersDigestIsThatOfPython() {
        val root = File(folder, "model.mlpackage")
        for (path in listOf("b/x", "b.x", "b/\u00e9", "a", "b/.DS_Store")) {
            val file = File(root, path)
            file.parentFile.mkdirs()
            file.writeText(path)
        }
        assertEquals("95f325d1f8da5fbd91c1f3a6a3919109088142e3a61ca07d82286635f9e75061", digestOf(root))
        assertEquals(11, sizeOf(root))
    }

    @Test
    fun linksInFoldersAreRefused() {
        val root = File(folder, "model.mlpackage")
        root.mkdirs()
        File(folder, "outside").writeText("x")
        Files.createSymbolicLink(File(root, "a").toPath(), File(folder, "outside").toPath())
        assertRefused("is a link") { digestOf(root) }
        assertRefused("is a link") { sizeOf(root) }
    }

    @Test
    fun whatIsNotThereHasNoDigest() = assertRefused("cannot be read") { digestOf(File(folder, "absent")) }
}
