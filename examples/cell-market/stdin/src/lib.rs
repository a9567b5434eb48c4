//! What the programs of the market do with `--until-stdin-ends`: whoever starts one has the other end
//! of its stdin, which the system closes however the starter ends.
#![forbid(unsafe_code)]

/// Waits until stdin ends. On a thread of its own, which nobody waits for: reading stdin cannot be
/// given up.
pub async fn ended() {
    let (ended, told) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        read_all();
        drop(ended);
    });
    let _ = told.await;
}

/// Ends the process with 130, as an interrupt does, when stdin ends.
pub fn end_process() {
    std::thread::spawn(|| {
        read_all();
        std::process::exit(130);
    });
}

fn read_all() {
    // What cannot be read has ended.
    let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
}
