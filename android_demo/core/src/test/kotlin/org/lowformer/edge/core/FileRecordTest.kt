package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.io.File
import java.util.Random

class FileRecordTest {
    @ParameterizedTest
    @ValueSource(
        strings = ["a", "a.tflite", "a/b", "./a", "a/./b", "a//b", "a/", "...", "..a", "a..", "a b", "\u00e9", "a/c:d"],
    )
    fun pathsInsideAreTaken(path: String) = assertTrue(FileRecord.staysInside(path))

    @ParameterizedTest
    @ValueSource(
        strings = [
            "", ".", "./", "/", "/a", "//a", "..", "../a", "a/..", "a/../b", "a/../../b", "./..", "C:", "C:a", "C:/a",
            "a\\b", "..\\a", "\\\\server\\a", "a\u0000b", "\u0000", "file:///a",
        ],
    )
    fun hostilePathsAreNot(path: String) = assertFalse(FileRecord.staysInside(path))

    @Test
    fun whateverIsTakenStaysInside() {
        val random = Random(0)
        val base = File("/bundle")
        var taken = 0
        repeat(20_000) {
            val path = (0 until random.nextInt(8)).map { "../:\\ab\u0000C~"[random.nextInt(9)] }.joinToString("")
            if (FileRecord.staysInside(path)) {
                taken++
                assertTrue(File(base, path).canonicalFile.startsWith(base)) { path }
            }
        }
        assertTrue(taken > 1000)
    }
}
