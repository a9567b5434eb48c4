//! `derive_more` as a component.
#![forbid(unsafe_code)]

use macro_guest_sdk::cell_macro;
use proc_macro2::TokenStream;

include!("../../../macros.rs");

macro_rules! component {
    ($($function:ident $native:ident $name:literal [$($helper:ident)*];)*) => {
        $(
            #[cell_macro(derive, name = $name, helpers($($helper),*))]
            fn $function(item: TokenStream) -> TokenStream {
                public::$function(item.into()).into()
            }
        )*
        macro_guest_sdk::component!($($function),*);
    };
}

derive_more_macros!(component);
