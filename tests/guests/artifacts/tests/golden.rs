//! What users write, and what comes out.

use macro_guest_sdk::testing::Golden;

#[test]
fn golden_cases() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    Golden::new(folder).with::<artifacts::export>().check();
}
