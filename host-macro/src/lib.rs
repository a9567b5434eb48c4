//! The one proc-macro crate of Cell: a shell over `macro_bridge::host`, where everything that can
//! be tested is. Users write the macros through `cell-sdk`, which is where they are documented.
//!
//! Features: without any, the thin host (std only): expansions come from `.cell/`. `embedded` runs
//! components inside rustc when nothing else has the expansion. `services` adds the macros for
//! services, whose body is `cell_codegen`.
#![forbid(unsafe_code)]

#[cfg(feature = "embedded")]
mod embedded;
#[cfg(feature = "services")]
mod services;

use macro_bridge::host::{self, Engine};
use macro_bridge::request::MacroKind;
use proc_macro::TokenStream;

/// Where an expansion is looked for when it is not recorded, in this order.
const ENGINES: &[&dyn Engine] = &[
    &host::Cached,
    &host::Server,
    #[cfg(feature = "embedded")]
    &embedded::Embedded,
];

/// `#[cell::wasm(cell::name(arguments))]`
#[proc_macro_attribute]
pub fn wasm(arguments: TokenStream, item: TokenStream) -> TokenStream {
    host::attribute(MacroKind::Attribute, arguments, item, ENGINES)
}

/// `#[cell::wasm_derive(cell::Name)]`
#[proc_macro_attribute]
pub fn wasm_derive(arguments: TokenStream, item: TokenStream) -> TokenStream {
    host::attribute(MacroKind::Derive, arguments, item, ENGINES)
}

/// `cell::expand!(cell::name(input))`
#[proc_macro]
pub fn expand(input: TokenStream) -> TokenStream {
    host::function(input, ENGINES)
}

/// `cell::cell_remote!(Alias = "cell")`
#[proc_macro]
pub fn cell_remote(input: TokenStream) -> TokenStream {
    #[cfg(feature = "services")]
    return host::remote(input, Some(services::clients));
    #[cfg(not(feature = "services"))]
    host::remote(input, None)
}

/// `cell::track!()`
#[proc_macro]
pub fn track(_input: TokenStream) -> TokenStream {
    host::track()
}

/// Written by the attributes above, never by hand.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __gathered(arguments: TokenStream, item: TokenStream) -> TokenStream {
    host::gathered(arguments, item, ENGINES)
}

macro_rules! services {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("`#[cell::", stringify!($name), "]`")]
            #[cfg(feature = "services")]
            #[proc_macro_attribute]
            pub fn $name(arguments: TokenStream, item: TokenStream) -> TokenStream {
                cell_codegen::$name(arguments.into(), item.into()).into_tokens().into()
            }
        )*
    };
}

services! { protein service handler }

macro_rules! slots {
    ($($number:literal $attribute:ident $derive:ident $function:ident)*) => {
        $(
            #[doc(hidden)]
            #[proc_macro_attribute]
            pub fn $attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
                host::slot_attribute($number, arguments, item, ENGINES)
            }

            #[doc(hidden)]
            #[proc_macro_derive($derive, attributes(cell))]
            pub fn $derive(item: TokenStream) -> TokenStream {
                host::slot_derive($number, item, ENGINES)
            }

            #[doc(hidden)]
            #[proc_macro]
            pub fn $function(input: TokenStream) -> TokenStream {
                host::slot_function($number, input, ENGINES)
            }
        )*
    };
}

slots! {
    0 __attr_0 __derive_0 __fn_0
    1 __attr_1 __derive_1 __fn_1
    2 __attr_2 __derive_2 __fn_2
    3 __attr_3 __derive_3 __fn_3
    4 __attr_4 __derive_4 __fn_4
    5 __attr_5 __derive_5 __fn_5
    6 __attr_6 __derive_6 __fn_6
    7 __attr_7 __derive_7 __fn_7
    8 __attr_8 __derive_8 __fn_8
    9 __attr_9 __derive_9 __fn_9
    10 __attr_10 __derive_10 __fn_10
    11 __attr_11 __derive_11 __fn_11
    12 __attr_12 __derive_12 __fn_12
    13 __attr_13 __derive_13 __fn_13
    14 __attr_14 __derive_14 __fn_14
    15 __attr_15 __derive_15 __fn_15
    16 __attr_16 __derive_16 __fn_16
    17 __attr_17 __derive_17 __fn_17
    18 __attr_18 __derive_18 __fn_18
    19 __attr_19 __derive_19 __fn_19
    20 __attr_20 __derive_20 __fn_20
    21 __attr_21 __derive_21 __fn_21
    22 __attr_22 __derive_22 __fn_22
    23 __attr_23 __derive_23 __fn_23
    24 __attr_24 __derive_24 __fn_24
    25 __attr_25 __derive_25 __fn_25
    26 __attr_26 __derive_26 __fn_26
    27 __attr_27 __derive_27 __fn_27
    28 __attr_28 __derive_28 __fn_28
    29 __attr_29 __derive_29 __fn_29
    30 __attr_30 __derive_30 __fn_30
    31 __attr_31 __derive_31 __fn_31
    32 __attr_32 __derive_32 __fn_32
    33 __attr_33 __derive_33 __fn_33
    34 __attr_34 __derive_34 __fn_34
    35 __attr_35 __derive_35 __fn_35
    36 __attr_36 __derive_36 __fn_36
    37 __attr_37 __derive_37 __fn_37
    38 __attr_38 __derive_38 __fn_38
    39 __attr_39 __derive_39 __fn_39
    40 __attr_40 __derive_40 __fn_40
    41 __attr_41 __derive_41 __fn_41
    42 __attr_42 __derive_42 __fn_42
    43 __attr_43 __derive_43 __fn_43
    44 __attr_44 __derive_44 __fn_44
    45 __attr_45 __derive_45 __fn_45
    46 __attr_46 __derive_46 __fn_46
    47 __attr_47 __derive_47 __fn_47
    48 __attr_48 __derive_48 __fn_48
    49 __attr_49 __derive_49 __fn_49
    50 __attr_50 __derive_50 __fn_50
    51 __attr_51 __derive_51 __fn_51
    52 __attr_52 __derive_52 __fn_52
    53 __attr_53 __derive_53 __fn_53
    54 __attr_54 __derive_54 __fn_54
    55 __attr_55 __derive_55 __fn_55
    56 __attr_56 __derive_56 __fn_56
    57 __attr_57 __derive_57 __fn_57
    58 __attr_58 __derive_58 __fn_58
    59 __attr_59 __derive_59 __fn_59
    60 __attr_60 __derive_60 __fn_60
    61 __attr_61 __derive_61 __fn_61
    62 __attr_62 __derive_62 __fn_62
    63 __attr_63 __derive_63 __fn_63
}
