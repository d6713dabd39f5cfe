plugins {
    alias(libs.plugins.android.application)
}

android {
    namespace = "org.lowformer.edge"
    compileSdk = libs.versions.compileSdk.get().toInt()

    defaultConfig {
        applicationId = "org.lowformer.edge"
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.targetSdk.get().toInt()
        versionCode = 1
        versionName = "0.1.0"
        // What ExecuTorch has libraries for.
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
        testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
        }
    }

    androidResources {
        // From Android 13 on its settings offer the app's languages.
        generateLocaleConfig = true
    }

    lint {
        // There is no baseline: what is wrong is mended, here and in the modules that the app has.
        abortOnError = true
        checkDependencies = true
        warningsAsErrors = providers.gradleProperty("strict").isPresent
        // Versions are what Python verifies with, see gradle/libs.versions.toml, and a newer one is no fault.
        disable += listOf("AndroidGradlePluginVersion", "GradleDependency", "NewerVersionAvailable")
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

val checkBundles by tasks.registering {
    description = "Holds that there is a bundle to show."
    val bundles = layout.projectDirectory.dir("src/main/assets/bundles").asFile
    doLast {
        if (bundles.listFiles().orEmpty().none { it.resolve("manifest.json").isFile }) {
            throw GradleException(
                "$bundles: has no bundle; write one with: lowformer-export --to tflite,executorch" +
                    " --fp32 --int8 --output android_demo/app/src/main/assets/bundles/demo",
            )
        }
    }
}

tasks.matching { it.name == "preBuild" }.configureEach {
    dependsOn(checkBundles)
}

dependencies {
    implementation(project(":core"))
    implementation(project(":lab"))
    implementation(project(":screen"))
    implementation(project(":runtime"))

    androidTestImplementation(libs.androidx.test.runner)
    androidTestImplementation(libs.junit4)
}
