//! Code of another release or of other settings: nothing that this release can make by itself.

use std::sync::{Arc, Mutex};

use wasmtime::Config;

use super::*;

#[test]
fn compiled_code_of_other_settings_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let dir = CacheDir::at(folder.path());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearer = Arc::clone(&heard);
    let notices = Notices::to(move |notice| hearer.lock().unwrap().push(notice.clone()));
    let ours = crate::engine::engine().unwrap();
    let theirs = Engine::new(Config::new().consume_fuel(false)).unwrap();
    let caches = [&ours, &theirs].map(|engine| Cache::new(&dir, engine, notices.clone()));
    let [our_cache, their_cache] = &caches;

    let bytes = wat::parse_str("(component)").unwrap();
    let digest = Digest::of(&bytes);
    for (cache, engine) in [(our_cache, &ours), (their_cache, &theirs)] {
        cache.save(&digest, &Component::new(engine, &bytes).unwrap());
        assert!(cache.load(engine, &digest).is_some());
    }
    assert_ne!(
        our_cache.path(&digest),
        their_cache.path(&digest),
        "neither overwrites the other's"
    );

    // This user made it, for the very component: still it is not what belongs under this name.
    fs::copy(their_cache.path(&digest), our_cache.path(&digest)).unwrap();
    assert!(our_cache.load(&ours, &digest).is_none());
    let path = our_cache.path(&digest);
    assert_eq!(*heard.lock().unwrap(), [Notice::CacheEntryIgnored { path }]);
}
