import org.jetbrains.kotlin.gradle.dsl.JvmTarget
import org.jetbrains.kotlin.gradle.tasks.KotlinJvmCompile

plugins {
    alias(libs.plugins.android.application) apply false
    alias(libs.plugins.android.library) apply false
    // Android's plugin has Kotlin built in; this version of it takes the place of its own.
    alias(libs.plugins.kotlin.jvm) apply false
}

// With -Pstrict every warning is an error, as where the project itself is tested: those of another SDK or a newer
// compiler would stop builds that are right.
val isStrict = providers.gradleProperty("strict").isPresent

subprojects {
    configurations.configureEach {
        // By which LiteRT fetches models from Play; their manifests have services, and this app asks for none.
        exclude(group = "com.google.android.play")
        exclude(group = "com.google.android.gms")
    }
    tasks.withType<KotlinJvmCompile>().configureEach {
        compilerOptions {
            jvmTarget = JvmTarget.JVM_17
            allWarningsAsErrors = isStrict
            extraWarnings = isStrict
            progressiveMode = true
        }
    }
    tasks.withType<Test>().configureEach {
        useJUnitPlatform()
    }
}
