use wasmtime_internal_component_macro::{bindgen, flags, ComponentType, Lift, Lower};
#[derive(ComponentType, Lift, Lower)] #[component(record)] struct A { a: u32, #[component(name = "b-c")] b: String }
#[derive(ComponentType, Lift, Lower)] #[component(record)] pub struct Empty {}
#[derive(ComponentType, Lift, Lower)] #[component(record)] struct Generic<T> { r#type: T, list: Vec<Option<T>> }
#[derive(ComponentType, Lift, Lower)] #[component(variant)] enum B { #[component(name = "x")] X, #[component(name = "y")] Y(u8) }
#[derive(ComponentType, Lift, Lower)] #[component(variant)] enum C<T, E> where T: Clone { Ok(T), Err(E), None }
#[derive(ComponentType, Lift, Lower)] #[component(enum)] #[repr(u8)] enum D { #[component(name = "a")] A, B }
#[derive(ComponentType, Lift, Lower)] #[component(record)] #[component(wasmtime_crate = other::wasmtime)] struct E { a: (u8, char) }
flags! { F { #[component(name = "a")] const A; const B; const C_D; } }
flags! { None {} }
flags! { Many { const A0; const A1; const A2; const A3; const A4; const A5; const A6; const A7; const A8; } }
mod w1 { super::bindgen!({ inline: "package a:b; interface i { record r { x: u8, y: list<string> } f: func(x: r) -> result<u8, string>; } world w { import i; export run: func(); }" }); }
mod w2 { super::bindgen!({ inline: "package a:b; interface types { variant v { a, b(u8), c(tuple<u8, string>) } enum e { x, y } flags f { one, two } resource res { constructor(x: u8); get: func() -> v; new: static func(e: e) -> res; } use-it: func(r: borrow<res>, f: f) -> option<res>; } world w { import types; export types; }", world: "w", imports: { default: async | trappable }, exports: { default: async }, with: { "a:b/types.res": Mine } }); }
mod w3 { super::bindgen!({ inline: "package a:b@1.2.3; world w { type t = list<u8>; import log: func(m: string); export get: func(t: t) -> t; }", ownership: Borrowing { duplicate_if_necessary: true }, additional_derives: [PartialEq, Clone], stringify: true, require_store_data_send: true }); }
mod w4 { super::bindgen!({ inline: "package a:b; world w {", }); }
mod w5 { super::bindgen!({ inline: "package a:b; world w {}", unknown: 1 }); }
mod w6 { super::bindgen!("no-such-world" in "no/such/folder"); }
#[derive(ComponentType)] struct NoAttribute { a: u8 }
#[derive(ComponentType)] #[component(record)] struct Tuple(u8);
#[derive(Lift)] #[component(variant)] struct Wrong { a: u8 }
#[derive(Lower)] #[component(enum)] enum Data { A(u8) }
#[derive(Lower)] #[component(unknown)] enum Unknown { A }
