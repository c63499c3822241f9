//! Directives of modules that are here, which are not honoured all the same.

use super::super::family::Fate::{self, Lost, Needless, Unsafe};

const EXCEPTIONS: &[(Fate, &str)] = &[
    (
        Needless("processes and threads are managed otherwise"),
        "StartServers MinSpareThreads MaxSpareThreads MinSpareServers MaxSpareServers \
         AsyncRequestWorkerFactor MaxRequestsPerChild MaxConnectionsPerChild MaxMemFree \
         ThreadStackSize CoreDumpDirectory EnableExceptionHook GprofDir ListenCoresBucketsRatio \
         Mutex ScoreBoardFile WatchdogInterval LoadFile DefaultRuntimeDir",
    ),
    (
        Needless("sockets and files are read and written otherwise"),
        "AcceptFilter ListenTCPDeferAccept SendBufferSize ReceiveBufferSize EnableMMAP \
         EnableSendfile ReadBufferSize FlushMaxThreshold FlushMaxPipelined BufferedLogs UNCList",
    ),
    (
        Needless("no CGI script is run"),
        "RLimitCPU RLimitMEM RLimitNPROC CGIVar CGIPassAuth Suexec LimitInternalRecursion \
         QualifyRedirectURL",
    ),
    (Needless("httpd 2.4 ignores it, too"), "DefaultType"),
    (Needless("any method may be sent"), "RegisterHttpMethod"),
    (Needless("there is no page of the state of the server"), "ExtendedStatus SeeRequestTail"),
    (Needless("bodies are never parsed here"), "LimitXMLRequestBody"),
    (Needless("files below a directory are told by their names"), "AcceptPathInfo"),
    (Needless(".htaccess files are never read"), "AccessFileName"),
    (Lost("clients are served over HTTP/1.1"), "Protocol Protocols ProtocolsHonorOrder"),
    (Lost("the error log has its usual format"), "ErrorLogFormat"),
    (Lost("`%^FB` is not measured"), "LogIOTrackTTFB"),
    (
        Lost("validators and ranges of files are made as by default"),
        "FileETag ContentDigest \
         MaxRanges MaxRangeOverlaps MaxRangeReversals",
    ),
    (Lost("trailers are not merged"), "MergeTrailers"),
    (Lost("slashes are merged as by default"), "MergeSlashes"),
    (Lost("regular expressions keep their usual meaning"), "RegexDefaultOptions"),
    (Lost("virtual hosts are told apart by name alone"), "ServerPath StrictHostCheck"),
    (
        Lost("responses pass unfiltered"),
        "SetOutputFilter SetInputFilter AddOutputFilter \
         AddInputFilter RemoveOutputFilter RemoveInputFilter",
    ),
    (Lost("types are told by extension alone"), "ForceType ModMimeUsePathInfo MultiviewsMatch"),
    (
        Lost("files carry no language, encoding or charset by their extension"),
        "AddCharset AddEncoding AddLanguage DefaultLanguage RemoveCharset RemoveEncoding \
         RemoveLanguage",
    ),
    (Lost("handlers are set by location alone"), "AddHandler RemoveHandler"),
    (
        Lost("directories are answered as by default"),
        "DirectorySlash DirectoryCheckHandler DirectoryIndexRedirect",
    ),
    (Lost("what is not there is 404"), "FallbackResource"),
    (Lost("expressions are not evaluated"), "SetEnvIfExpr"),
    (Lost("names of clients are not looked up"), "HostnameLookups"),
    (Lost("directories are not listed, and no script is run"), "Options"),
    (
        Unsafe(".htaccess files are never read, whatever they forbid"),
        "AllowOverride \
         AllowOverrideList",
    ),
    (Unsafe("requests are held to the strict grammar"), "HttpProtocolOptions"),
    (Unsafe("the process keeps its root directory"), "ChrootDir"),
];

/// What becomes of a directive that its module's fate does not tell.
pub(crate) fn exception(name: &str) -> Option<Fate> {
    let named = |(_, names): &&(Fate, &str)| names.split_ascii_whitespace().any(|n| n == name);
    EXCEPTIONS.iter().find(named).map(|(fate, _)| *fate)
}

/// Values that ask for what is done anyway.
const AS_BY_DEFAULT: &[(&str, &str)] = &[
    ("AllowOverride", "None"),
    ("HostnameLookups", "Off"),
    ("HttpProtocolOptions", "Strict RegisteredMethods LenientMethods Allow0.9 Require1.0"),
    ("MergeSlashes", "On"),
    ("MergeTrailers", "Off"),
    ("Options", "None FollowSymLinks +FollowSymLinks -Indexes -Includes -ExecCGI -MultiViews"),
    ("Protocols", "http/1.1"),
    ("Suexec", "Off"),
];

/// What becomes of a directive with these values, where the values make a difference.
pub(crate) fn by_value(name: &str, words: &[&str]) -> Option<Fate> {
    let is = |word: &str, expected: &str| word.eq_ignore_ascii_case(expected);
    if name == "Options" && words.iter().any(|word| LINKS.iter().any(|link| is(word, link))) {
        return Some(Unsafe("symbolic links are followed, whoever owns them"));
    }
    let (_, values) = AS_BY_DEFAULT.iter().find(|(known, _)| *known == name)?;
    let mut values_fit =
        words.iter().map(|word| values.split_ascii_whitespace().any(|value| is(word, value)));
    values_fit.all(|fits| fits).then_some(Needless("this is done anyway"))
}

/// Options that restrict which links are followed.
const LINKS: [&str; 3] = ["SymLinksIfOwnerMatch", "+SymLinksIfOwnerMatch", "-FollowSymLinks"];
