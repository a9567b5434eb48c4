use paste::paste;
paste! { fn [<make_ one>]() {} struct [<Name Other 1>]; const [<A:upper _b>]: u8 = 1; }
paste! { fn [<SomeName:snake _x>]() {} struct [<some_name:camel>]; mod [<Mixed:lower>] { pub fn [<r#type>]() {} } }
paste! { fn [<a "b" 1 'c' true>]() {} #[doc = "Doc " [<x y>] ": " 1] fn documented() {} }
macro_rules! fields { ($name:ident { $($field:ident : $t:ty),* }) => { paste! { struct $name { $($field: $t),* } impl $name { $( #[doc = "Gets `" $field "`."] pub fn [<get_ $field>](&self) -> &$t { &self.$field } fn [<set_ $field:snake>](&mut self, [<new_ $field>]: $t) { self.$field = [<new_ $field>] } )* } } } }
fields!(Data { a: u8, SomeField: Vec<Option<u8>>, r#type: (u8, [u8; 2]) });
macro_rules! life { ($l:lifetime $n:literal $e:expr) => { paste! { fn f<[<$l _x>]>(x: &[<$l _x>] u8) -> u8 { [<v $n>]; $e } } } }
life!('a 1 2 * 3);
paste! { fn g() { let [<x y>] = 1; println!("{}", [<x y>]); let [a, b] = [<c d>][1]; } }
paste! { [<a b>]! { x } use std::[<collections>]::[<Hash Map>]; type T = Vec<[<u 8>]>; }
paste! { #[[<der ive>](Clone)] struct Attributes; }
paste! { fn env() { [<a env!("CARGO_PKG_NAME") b>] } }
paste! { fn [<>]() {} }
paste! { fn [<a:unknown>]() {} }
paste! { fn [<a + b>]() {} }
paste! { fn [<1a>]() {} }
paste! { fn [<a env!("NOT_SET_ANYWHERE")>]() {} }
paste! { fn [<"a b">]() {} }
paste! { fn [<:upper>]() {} }
