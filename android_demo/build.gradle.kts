import org.jetbrains.kotlin.gradle.dsl.JvmTarget
import org.jetbrains.kotlin.gradle.tasks.KotlinJvmCompile

plugins {
    alias(libs.plugins.android.application) apply false
    alias(libs.plugins.android.library) apply false
    // Android's plugin has Kotlin built in; this version of it takes the place of its own.
    alias(libs.plugins.kotlin.jvm) apply false
}

subprojects {
    tasks.withType<KotlinJvmCompile>().configureEach {
        compilerOptions {
            jvmTarget = JvmTarget.JVM_17
            allWarningsAsErrors = true
            extraWarnings = true
            progressiveMode = true
        }
    }
    tasks.withType<Test>().configureEach {
        useJUnitPlatform()
    }
}
