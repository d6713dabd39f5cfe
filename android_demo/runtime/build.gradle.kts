plugins {
    alias(libs.plugins.android.library)
}

android {
    namespace = "org.lowformer.edge.runtime"
    compileSdk = libs.versions.compileSdk.get().toInt()

    defaultConfig {
        minSdk = libs.versions.minSdk.get().toInt()
        consumerProguardFiles("consumer-rules.pro")
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

dependencies {
    implementation(project(":core"))
    implementation(libs.executorch)
    implementation(libs.litert)
    runtimeOnly(libs.litert.gpu)
}
