package org.lowformer.edge.core

import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.InputStream
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

class BundleIntakeTest {
    @TempDir
    lateinit var parent: File

    private val folder by lazy { File(parent, "new").apply { mkdir() } }

    @Test
    fun filesOfAZipAreTakenWithTheirFolders() {
        intake().addZip(zip("a.txt" to "one", "folder/" to "", "folder/b.txt" to "two"))
        assertEquals(listOf("one", "two"), listOf("a.txt", "folder/b.txt").map { File(folder, it).readText() })
    }

    @ParameterizedTest
    @ValueSource(strings = ["../out.txt", "/tmp/out.txt", "a/../../out.txt", "a\\..\\out.txt", "C:/out.txt", ".."])
    fun nothingIsWrittenOutside(path: String) {
        assertRefused("leads out of the bundle's folder") { intake().addZip(zip(path to "evil")) }
        assertRefused("leads out of the bundle's folder") { intake().add(path, stream("evil")) }
        assertEquals(listOf(folder), parent.listFiles()?.toList())
        assertEquals(0, folder.walk().count { it.isFile })
    }

    @Test
    fun aFolderWithinItselfIsNotFollowedForEver() {
        val intake = intake()
        var path = "a"
        var depth = 1
        while (refusal { intake.checkFolder(path) } == null) {
            path += "/a"
            depth++
        }
        assertEquals(17, depth)
        assertRefused("its folders lie too deep") { intake.checkFolder(path) }
    }

    @Test
    fun aBombIsRefusedWhileItGrows() {
        val bomb = zip("manifest.json" to "0".repeat(1 shl 22))
        assertTrue(bomb.available() < 1 shl 14)
        assertRefused("larger than the 1 MB") { intake(room = 1_000_000).addZip(bomb) }
        assertTrue(folder.walk().sumOf { it.length() } < 2_000_000)
    }

    @Test
    fun manySmallFilesCountTogether() {
        val intake = intake(room = 10)
        intake.add("a", stream("12345"))
        intake.add("b", stream("12345"))
        assertRefused("larger than") { intake.add("c", stream("1")) }
    }

    @Test
    fun noBundleHasTenThousandFiles() {
        val intake = intake()
        repeat(10_000) { intake.add("$it", stream("")) }
        assertRefused("more than 10000 files") { intake.add("one more", stream("")) }
    }

    @Test
    fun whatComesTwiceIsRefused() {
        val intake = intake()
        intake.add("a", stream("1"))
        assertRefused("twice") { intake.add("a", stream("2")) }
        assertRefused("twice") { intake.add("./a", stream("2")) }
    }

    @Test
    fun whatIsNoZipIsRefused() {
        assertRefused("not a zip") { intake().addZip(stream("hello")) }
        val whole = zip("a.txt" to "one".repeat(1000)).readBytes()
        assertRefused("'a.txt': cannot be copied") { intake().addZip(ByteArrayInputStream(whole.copyOf(40))) }
    }

    @Test
    fun aFileWhereAFolderShouldBeIsRefused() {
        val intake = intake()
        intake.add("a", stream("1"))
        assertRefused("cannot be copied") { intake.add("a/b", stream("2")) }
    }

    @Test
    fun aBundleIsLookedForAtTheTopAndInTheOnlyFolder() {
        val nothing = intake()
        nothing.add("a.txt", stream("1"))
        assertRefused("not a bundle, it has no manifest.json") { nothing.bundle() }
        folder.deleteRecursively()
        folder.mkdir()
        val within = intake()
        within.add("demo/manifest.json", stream("{}"))
        within.add("__MACOSX/demo/._manifest.json", stream(""))
        assertRefused("schema version") { within.bundle() }
        within.add("other.txt", stream("1"))
        assertRefused("not a bundle") { within.bundle() }
    }

    @Test
    fun aWholeBundleIsTaken() {
        val golden = File(parent, "golden.npz").apply { writeText("golden") }
        val record = JSONObject().put("path", "golden.npz").put("sha256", digestOf(golden)).put("bytes", 6)
        val manifest = JSONObject(SampleManifest.EMPTY).put("golden", record).toString()
        val intake = intake()
        intake.addZip(zip("demo/manifest.json" to manifest, "demo/golden.npz" to "golden"))
        assertEquals(File(folder, "demo"), intake.bundle().folder)
        File(folder, "demo/golden.npz").writeText("g0lden")
        assertRefused("differs from its hash") { intake.bundle() }
    }

    private fun intake(room: Long = 1 shl 30) = BundleIntake(folder, room)

    private fun stream(text: String): InputStream = ByteArrayInputStream(text.toByteArray())

    private fun zip(vararg entries: Pair<String, String>): InputStream {
        val bytes = ByteArrayOutputStream()
        ZipOutputStream(bytes).use { zip ->
            for ((name, text) in entries) {
                zip.putNextEntry(ZipEntry(name))
                zip.write(text.toByteArray())
            }
        }
        return ByteArrayInputStream(bytes.toByteArray())
    }

    private fun assertRefused(reason: String, action: () -> Unit) {
        val message = assertThrows(EdgeException::class.java) { action() }.message.orEmpty()
        assertTrue(reason in message, "said: $message")
        assertTrue('\n' !in message)
    }
}
