namespace RecordingPlatform.Core.Audit;

/// <summary>
/// What happened, numbered in blocks of 100 by capability. Numbers are part of the sealed log: never renumber, never reuse.
/// </summary>
public enum AuditAction
{
    SignedIn = 100,
    SignInFailed = 101,
    SignedOut = 102,
    SessionRevoked = 103,
    RefreshTokenReused = 104,
    SessionsListed = 105,
    SessionRefreshed = 106,
    UploadTicketIssued = 107,
    UserCreated = 110,
    UserChanged = 111,
    UsersListed = 112,
    PasswordChanged = 113,
    ApiKeyCreated = 120,
    ApiKeyRevoked = 121,
    ApiKeysListed = 122,
    AccessDenied = 130,
    AuditLogRead = 140,

    RecordingsListed = 200,
    RecordingViewed = 201,
    RecordingCreated = 202,
    RecordingChanged = 203,
    RecordingPlayed = 204,
    RecordingDownloaded = 205,
    RecordingDeleted = 206,
    RecordingProcessed = 207,
    RecordingDamaged = 208,
    RecordingProcessingFailed = 209,
    PlaybackTicketIssued = 210,
    RecordingReprocessed = 211,
    RecordingsExported = 212,
    GrantGiven = 220,
    GrantRevoked = 221,
    GrantsListed = 222,
    HoldPlaced = 230,
    NotesListed = 240,
    NoteAdded = 241,
    NoteChanged = 242,
    NoteDeleted = 243,
    FilterSaved = 250,
    FilterDeleted = 251,
    OverviewViewed = 260,

    ObjectPublished = 300,
    ObjectSwept = 301,
    ObjectPurged = 302,

    MasterKeyCreated = 400,
    KekVersionCreated = 401,
    KekRotated = 402,

    JobDeadLettered = 500,
    JobRequeued = 501,
    JobsListed = 502,
    JobViewed = 503,

    PlatformMigrated = 600,
}
