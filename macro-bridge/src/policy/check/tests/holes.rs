//! What passes and should not, or is denied and should not be. These tests say how it is today, so
//! that nobody believes otherwise; `SECURITY.md` has the same list.

use super::*;

#[test]
fn names_passed_through_a_macro_of_the_guest() {
    // The call is put together by `macro_rules!`, so no row shows name and `!` side by side.
    taken(
        "macro_rules ! m { ( $ n : ident ) => { $ n ! ( \"/etc/passwd\" ) } ; } m ! ( include ) ;",
    );
    // An attribute of which the name comes from elsewhere.
    taken(
        "macro_rules ! m { ( $ n : ident ) => { # [ $ n ] fn f ( ) { } } ; } m ! ( no_mangle ) ;",
    );
    // `unsafe` cannot be passed so: the word itself must be in the output.
    denied(
        "macro_rules ! m { ( $ n : tt ) => { $ n { } } ; } m ! ( unsafe ) ;",
        "unsafe",
        "unsafe",
    );
}

#[test]
fn macros_and_functions_of_other_crates() {
    taken("include_dir :: include_dir ! ( \"/\" )");
    taken("std :: process :: Command :: new ( \"sh\" )");
    taken("cxx_like :: trust_me ! { }");
    taken("# [ linkme :: distributed_slice ( X ) ] static A : fn ( ) = f ;");
}

#[test]
fn an_own_group_where_it_was_not_written() {
    // The user wrote `[no_mangle]` as an array; a guest may put it behind a `#`.
    let input = "let a = [ no_mangle ] ;";
    assert_eq!(verdict_of(input, &[(PartKind::Items, "# @ 3 fn f ( ) { }")], &[]), Ok(()));
    // And a user's unsafe block may be moved to another function.
    let input = "fn a ( ) { unsafe { x ( ) } }";
    assert_eq!(verdict_of(input, &[(PartKind::Items, "fn b ( ) @ 3")], &[]), Ok(()));
}

#[test]
fn an_unsafe_impl_may_get_methods_that_break_the_contract() {
    let input = "unsafe impl GlobalAlloc for A { }";
    let forged = "@ 0 * 5 { fn alloc ( ) { evil ( ) } }";
    assert_eq!(verdict_of(input, &[(PartKind::Item, forged)], &[]), Ok(()));
}

#[test]
fn denied_although_it_is_harmless() {
    // The module `std::env` under another name.
    assert!(items("use std :: env as environment ;").is_err());
    // An attribute macro rebuilds an impl in which the user wrote an `unsafe fn`.
    let input = "impl A { unsafe fn f ( ) { } }";
    let rebuilt = "@ 0 * 2 { @ 3 * 4 @ 7 new ( ) ; }";
    assert!(verdict_of(input, &[(PartKind::Item, rebuilt)], &[]).is_err());
    // A macro adds a parameter to the user's `unsafe fn`.
    let input = "unsafe fn f ( ) { }";
    assert!(verdict_of(input, &[(PartKind::Item, "@ 0 * 3 ( a : u8 ) @ 4")], &[]).is_err());
}
