// Pure Kotlin: nothing of Android but org.json, which every phone brings.
plugins {
    alias(libs.plugins.kotlin.jvm)
}

java {
    sourceCompatibility = JavaVersion.VERSION_17
    targetCompatibility = JavaVersion.VERSION_17
}

kotlin {
    compilerOptions {
        // No members of a newer Java, whichever compiles it.
        freeCompilerArgs.add("-Xjdk-release=17")
    }
}

dependencies {
    compileOnly(libs.json)

    testImplementation(libs.json)
    testImplementation(libs.junit.jupiter)
    testRuntimeOnly(libs.junit.launcher)
}
