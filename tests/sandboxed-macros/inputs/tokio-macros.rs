#[tokio::main] async fn main1() { println!("x"); }
#[tokio::main(flavor = "current_thread")] async fn main2() -> Result<(), std::io::Error> { other().await?; Ok(()) }
#[tokio::main(flavor = "multi_thread", worker_threads = 4)] pub(crate) async fn main3<T: Send>(value: T) -> T where T: Clone { value.clone() }
#[tokio::main(worker_threads = 2, crate = "other::tokio")] async fn main4() {}
#[tokio::main(flavor = "current_thread", start_paused = true)] async fn main5() -> impl Sized { 1 }
#[tokio::main] #[allow(unused)] /** doc */ async unsafe fn main6() { loop {} }
#[tokio::test] async fn test1() { assert!(true); }
#[tokio::test(flavor = "multi_thread", worker_threads = 1)] async fn test2() -> Result<(), ()> { Ok(()) }
#[tokio::test(start_paused = true)] #[should_panic(expected = "x")] async fn test3() { panic!("x") }
#[tokio::test(unhandled_panic = "shutdown_runtime")] async fn test4() {}
#[tokio::test] #[ignore] async fn test5() { let r#async = 1; async move { r#async }.await; }
#[tokio::test(crate = "tokio", name = "x")] async fn test6() {}
mod inner { #[tokio::main] pub async fn inner() -> u8 { { 1 } } }
macro_rules! make { ($n:ident $b:block) => { #[tokio::test] async fn $n() $b } }
make!(made { let x = 1; let _ = x; });
fn select() { let _ = (tokio::select_priv_declare_output_enum!((_ _ _)), 1); }
fn clean() { match 1 { tokio::select_priv_clean_pattern!(mut x) => x, tokio::select_priv_clean_pattern!(ref y @ 1) => *y }; }

#[tokio::main] fn not_async() {}
#[tokio::main(flavor = "unknown")] async fn wrong1() {}
#[tokio::main(worker_threads = "x", threads = 1)] async fn wrong2() {}
#[tokio::main(core_threads = 1)] async fn wrong3() {}
#[tokio::main(flavor = "current_thread", worker_threads = 1)] async fn wrong4() {}
#[tokio::main(flavor = "multi_thread", flavor = "multi_thread")] async fn wrong5() {}
#[tokio::main(1 +)] async fn wrong6() {}
#[tokio::test] async fn wrong7(x: u8) {}
#[tokio::test] #[test] async fn wrong8() {}
#[tokio::test(start_paused = 1)] async fn wrong9() {}
#[tokio::main] async fn types() -> u8 { "x" }
#[tokio::main] async fn missing() -> u8 { 1; }
