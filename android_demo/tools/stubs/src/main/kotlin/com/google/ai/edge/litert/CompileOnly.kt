package com.google.ai.edge.litert

/**
 * Why these classes have no bodies: LiteRT for Android is only to be had from Google's repository. They
 * have the signatures of `com.google.ai.edge.litert:litert:2.3.0` that the app needs, so that the app can be
 * compiled without it, and are in no package: there, whatever calls them fails to link.
 */
internal fun compileOnly(): Nothing = error("LiteRT was not in this build")
