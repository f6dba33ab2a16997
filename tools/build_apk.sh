#!/bin/bash
# Builds, aligns and signs the Android demo app without Gradle, from Debian packages and Maven Central.
#
#   bash tools/build_apk.sh [--model=FILE.tflite] [--output=FILE.apk]   the APK (default: android_demo/tfl_lite_suite.apk)
#   bash tools/build_apk.sh --only=prepare [--tests]                    what android_demo/pom.xml needs: resources, jars
#
# The first run downloads; later runs need no network. Debian packages: tools/android/packages.lock (installed here when
# run as root). Maven artifacts: tools/android/artifacts.lock, each checked by SHA-256, kept in .cache/android/.
# The debug key is Android's usual ~/.android/debug.keystore, made if absent: equal inputs and key give equal bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

APP=android_demo/app/src/main
CACHE=.cache/android
PACKAGE=org.tflitesuite.demo
FRAMEWORK=/usr/share/android-framework-res/framework-res.apk
ABIS=(arm64-v8a armeabi-v7a x86_64)

fail() {
  echo "error: $*" >&2
  exit 1
}

# Reads one version from the Gradle catalog, so that both builds share it.
catalog() {
  sed -n "s/^$1 = \"\(.*\)\"$/\1/p" android_demo/gradle/libs.versions.toml
}

require_packages() {
  local name pinned installed missing=()
  while read -r name pinned; do
    [[ $name == '#'* || -z $name ]] && continue
    # A JDK or Maven from elsewhere serves as well.
    case $name in
      openjdk-17-jdk-headless) command -v javac > /dev/null && continue ;;
      maven) command -v mvn > /dev/null && continue ;;
      python3) command -v python3 > /dev/null && continue ;;
    esac
    installed=$(dpkg-query -W -f '${Version}' "$name" 2> /dev/null || true)
    if [[ -z $installed ]]; then
      missing+=("$name")
    elif [[ $installed != "$pinned" ]]; then
      echo "note: $name $installed, tested with $pinned: the APK's bytes may differ" >&2
    fi
  done < tools/android/packages.lock
  ((${#missing[@]} == 0)) && return
  [[ $(id -u) == 0 ]] || fail "Debian packages missing. Run: sudo apt-get install --no-install-recommends ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# Prints the cached file of `group:artifact:version:type`.
artifact() {
  local artifact version type
  IFS=: read -r _ artifact version type <<< "$1"
  echo "$CACHE/artifacts/$artifact-$version.$type"
}

# Puts artifacts into the cache, all by one Maven: fetch GROUP:ARTIFACT:VERSION:TYPE…
fetch() {
  local coordinates group artifact version type items=''
  echo "fetching $*" >&2
  for coordinates in "$@"; do
    IFS=: read -r group artifact version type <<< "$coordinates"
    items+="<artifactItem><groupId>$group</groupId><artifactId>$artifact</artifactId>"
    items+="<version>$version</version><type>$type</type></artifactItem>"
  done
  cat > "$CACHE/artifacts/pom.xml" << POM
<project><modelVersion>4.0.0</modelVersion>
<groupId>org.tflitesuite</groupId><artifactId>artifacts</artifactId><version>1</version><packaging>pom</packaging>
<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<version>3.6.1</version><configuration><useBaseVersion>true</useBaseVersion>
<outputDirectory>\${project.basedir}</outputDirectory><artifactItems>$items</artifactItems></configuration>
</plugin></plugins></build></project>
POM
  mvn -q -B -f "$CACHE/artifacts/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy >&2
}

fetch_artifacts() {
  local kind sha coordinates file needed=() missing=()
  mkdir -p "$CACHE/artifacts"
  while read -r kind sha coordinates; do
    [[ $kind == build || ($kind == test && $tests == 1) ]] || continue
    needed+=("$sha $coordinates")
    [[ -f $(artifact "$coordinates") ]] || missing+=("$coordinates")
  done < tools/android/artifacts.lock
  ((${#missing[@]} == 0)) || fetch "${missing[@]}"
  for coordinates in "${needed[@]}"; do
    sha=${coordinates%% *}
    file=$(artifact "${coordinates#* }")
    # The marker spares hashing 500 MB in every run; it is older than the file if that was replaced.
    if [[ ! $file.$sha -nt $file ]]; then
      echo "$sha  $file" | sha256sum --check --status || fail "$file: SHA-256 is not the pinned $sha; delete it and run again"
      touch "$file.$sha"
    fi
  done
}

pinned() {
  artifact "$(sed -n "s/^[a-z]* [0-9a-f]* \(.*:$1:.*\)$/\1/p" tools/android/artifacts.lock)"
}

# Debian's aapt is the first version of that tool: it wants the package in the manifest, Gradle wants it absent.
prepare() {
  rm -rf "$BUILD"
  mkdir -p "$BUILD"/{gen,lib,classes,dex,assets}
  sed -e "s|<manifest |<manifest package=\"$PACKAGE\" |" -e 's|<application|<application android:extractNativeLibs="true"|' \
    "$APP/AndroidManifest.xml" > "$BUILD/AndroidManifest.xml"
  cp -r "$APP/assets/." "$BUILD/assets/"
  [[ -z $model ]] || cp "$model" "$BUILD/assets/model.tflite"
  aapt package -f -m -M "$BUILD/AndroidManifest.xml" -S "$APP/res" -A "$BUILD/assets" -I "$FRAMEWORK" -0 tflite \
    --min-sdk-version "$(catalog minSdk)" --target-sdk-version "$(catalog targetSdk)" \
    --version-code "$(catalog versionCode)" --version-name "$(catalog versionName)" \
    -J "$BUILD/gen" -F "$BUILD/resources.ap_"
  unpack_classes lib tensorflow-lite tensorflow-lite-api tensorflow-lite-gpu tensorflow-lite-gpu-api
  ((tests == 0)) || unpack_classes test_lib monitor espresso-idling-resource
}

# Takes the classes out of AARs: unpack_classes FOLDER ARTIFACT…
unpack_classes() {
  local folder=$BUILD/$1 library
  shift
  for library in "$@"; do
    unzip -q -o "$(pinned "$library")" classes.jar -d "$folder"
    mv "$folder/classes.jar" "$folder/$library.jar"
  done
}

compile() {
  local android
  android=$(pinned android-all)
  find "$APP/java" "$BUILD/gen" -name '*.java' | LC_ALL=C sort > "$BUILD/sources"
  javac --release 8 -Xlint:all,-options,-classfile,-path -Werror -encoding UTF-8 -d "$BUILD/classes" \
    -classpath "$android:$BUILD/lib/*" "@$BUILD/sources"
  find "$BUILD/classes" -name '*.class' | LC_ALL=C sort > "$BUILD/class_files"
  java -cp "$(pinned r8)" com.android.tools.r8.D8 --release --min-api "$(catalog minSdk)" --lib "$android" \
    --output "$BUILD/dex" "$BUILD"/lib/*.jar "@$BUILD/class_files"
}

package() {
  local abi library
  for abi in "${ABIS[@]}"; do
    for library in tensorflow-lite tensorflow-lite-gpu; do
      unzip -q -o "$(pinned $library)" "jni/$abi/*" -d "$BUILD"
    done
    mkdir -p "$BUILD/apk/lib"
    mv "$BUILD/jni/$abi" "$BUILD/apk/lib/$abi"
  done
  unzip -q -o "$BUILD/resources.ap_" -d "$BUILD/apk"
  cp "$BUILD/dex/classes.dex" "$BUILD/apk/"
  python3 tools/android/pack_apk.py "$BUILD/apk" "$BUILD/packed.apk"
  zipalign -f -p 4 "$BUILD/packed.apk" "$BUILD/aligned.apk"
}

sign() {
  local keystore="$HOME/.android/debug.keystore"
  if [[ ! -f $keystore ]]; then
    mkdir -p "$HOME/.android"
    keytool -genkeypair -keystore "$keystore" -storetype pkcs12 -storepass android -keypass android \
      -alias androiddebugkey -keyalg RSA -keysize 2048 -validity 10950 -dname 'CN=Android Debug,O=Android,C=US' 2> /dev/null
  fi
  apksigner sign --ks "$keystore" --ks-pass pass:android --ks-key-alias androiddebugkey --key-pass pass:android \
    --v1-signing-enabled false --v4-signing-enabled false --out "$BUILD/signed.apk" "$BUILD/aligned.apk"
  apksigner verify --min-sdk-version "$(catalog minSdk)" "$BUILD/signed.apk"
  mv "$BUILD/signed.apk" "$output"
}

report() {
  echo "$output: $(stat -c %s "$output") bytes, signed with the debug key, sha256 $(sha256sum < "$output" | cut -c -64)"
  local abi
  for abi in "${ABIS[@]}"; do
    unzip -v "$output" "lib/$abi/*" | awk -v abi="$abi" 'END {print "  " abi ": " $2 " bytes compressed, " $1 " installed"}'
  done
  python3 tools/android/page_sizes.py "$output"
}

model='' output='' only=apk tests=0
for argument in "$@"; do
  case $argument in
    --model=*) model=${argument#*=} ;;
    --output=*) output=${argument#*=} ;;
    --only=prepare) only=prepare ;;
    --tests) tests=1 ;;
    *) fail "unknown argument '$argument'. Known: --model=FILE --output=FILE --only=prepare --tests" ;;
  esac
done
[[ -z $model || -f $model ]] || fail "--model: no such file: $model"

require_packages
fetch_artifacts
if [[ $only == prepare ]]; then
  BUILD=$CACHE/prepared
  prepare
else
  BUILD=$CACHE/build
  output=${output:-android_demo/tfl_lite_suite.apk}
  prepare
  compile
  package
  sign
  report
fi
