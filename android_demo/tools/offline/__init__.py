"""Builds and tests the Android app without Gradle and without Google's SDK.

What Gradle's files say is read from them: which modules there are, what each may see, which
versions. The rest is what Gradle's plugins do: compile, make resources and bytecode for Android,
pack, align, sign. What comes out is a test product, for which no LiteRT is to be had.
"""
