use wasm_bindgen_macro::{wasm_bindgen, link_to};
#[wasm_bindgen] extern "C" { fn alert(s: &str); #[wasm_bindgen(js_namespace = console)] fn log(s: &str); #[wasm_bindgen(js_namespace = ["a", "b"], js_name = "c")] fn named(x: f64) -> JsValue; }
#[wasm_bindgen(module = "/file.js")] extern "C" { #[wasm_bindgen(catch)] fn may() -> Result<JsValue, JsValue>; #[wasm_bindgen(variadic)] fn all(x: &[u8]); }
#[wasm_bindgen] extern "C" { #[wasm_bindgen(extends = Object, typescript_type = "T")] #[derive(Clone)] pub type Thing; #[wasm_bindgen(constructor)] pub fn new(a: u8) -> Thing; #[wasm_bindgen(method, getter)] fn size(this: &Thing) -> u32; #[wasm_bindgen(method, setter = "size")] fn set_size(this: &Thing, x: u32); #[wasm_bindgen(static_method_of = Thing)] fn make() -> Thing; #[wasm_bindgen(method, structural, indexing_getter)] fn get(this: &Thing, i: u32) -> JsValue; #[wasm_bindgen(thread_local_v2, js_name = window)] static WINDOW: JsValue; }
#[wasm_bindgen] pub fn exported(a: u8, b: String, c: Option<f64>, d: &[u8], e: &mut [f32]) -> Vec<u8> { vec![a] }
#[wasm_bindgen(js_name = other, skip_typescript)] pub fn renamed(#[wasm_bindgen(js_name = x)] y: u8) -> Result<u8, JsValue> { Ok(y) }
#[wasm_bindgen] pub async fn later(x: JsValue) -> Result<JsValue, JsValue> { Ok(x) }
#[wasm_bindgen(start)] pub fn start() {}
#[wasm_bindgen] pub struct Data { pub a: u8, #[wasm_bindgen(getter_with_clone)] pub b: String, #[wasm_bindgen(readonly, js_name = "C")] pub c: f32, #[wasm_bindgen(skip)] pub d: Vec<u8>, e: u8 }
#[wasm_bindgen] impl Data { #[wasm_bindgen(constructor)] pub fn new() -> Data { todo!() } pub fn method(&self) -> u8 { 1 } pub fn take(self) {} pub fn change(&mut self, a: u8) { self.a = a } #[wasm_bindgen(getter = x)] pub fn get_x(&self) -> u8 { 1 } #[wasm_bindgen(setter = x)] pub fn set_x(&mut self, x: u8) {} pub fn fixed(x: u8) -> u8 { x } }
#[wasm_bindgen(inspectable)] #[derive(Clone, Copy)] pub struct Inspect { pub a: u8 }
#[wasm_bindgen] pub enum Numbers { /// doc
    A, B = 5, C }
#[wasm_bindgen] pub enum Texts { A = "a", B = "b" }
#[wasm_bindgen(typescript_custom_section)] const TS: &'static str = "type X = 1;";
#[wasm_bindgen(inline_js = "export function f() {}")] extern "C" { fn f(); }
#[wasm_bindgen] pub fn closure(f: &dyn Fn(u8) -> u8, g: &mut dyn FnMut()) {}
#[wasm_bindgen] pub fn r#type(r#fn: u8) -> u8 { r#fn }
#[wasm_bindgen] pub fn generic<T>(x: T) {}
#[wasm_bindgen] pub struct Generic<T>(T);
#[wasm_bindgen] fn private() {}
#[wasm_bindgen(unknown)] pub fn unknown() {}
#[wasm_bindgen] pub trait Trait {}
#[wasm_bindgen] pub union Union { a: u8 }
#[wasm_bindgen] pub enum Fields { A(u8) }
#[wasm_bindgen] pub unsafe fn not_safe() {}
#[wasm_bindgen] impl Data { const X: u8 = 1; }
#[wasm_bindgen(js_name = )] pub fn bad() {}
