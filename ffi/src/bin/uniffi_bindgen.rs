//! Writes the Kotlin and Swift sides of the bindings from the built library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
