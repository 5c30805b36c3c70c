namespace RecordingPlatform.Core.Access;

/// <summary>What a caller may do, by name. Which recordings it applies to is <see cref="Visibility"/>'s matter.</summary>
public static class Permission
{
    public const string RecordingsRead = "recordings.read";
    public const string RecordingsPlay = "recordings.play";
    public const string RecordingsDownload = "recordings.download";
    public const string RecordingsUpload = "recordings.upload";
    public const string RecordingsEdit = "recordings.edit";
    public const string RecordingsDelete = "recordings.delete";
    public const string HoldsPlace = "holds.place";
    public const string AuditRead = "audit.read";
    public const string OpsRead = "ops.read";
    public const string UsersManage = "users.manage";
    public const string KeysManage = "keys.manage";
    /// <summary>The queue and what died in it, error texts included.</summary>
    public const string JobsRead = "jobs.read";
    public const string JobsRequeue = "jobs.requeue";
    /// <summary>Giving one person one recording.</summary>
    public const string RecordingsShare = "recordings.share";
    /// <summary>Reading what others wrote about a recording; which recordings, RIGHTS.md says.</summary>
    public const string NotesRead = "notes.read";
    public const string NotesWrite = "notes.write";
    /// <summary>Taking away what others wrote.</summary>
    public const string NotesDelete = "notes.delete";
    /// <summary>Which recordings should exist, which do and which do not; of what the caller's role shows.</summary>
    public const string CompletenessRead = "completeness.read";
    /// <summary>Looking for a missing recording again, and saying that there is none.</summary>
    public const string CompletenessManage = "completeness.manage";
    /// <summary>How sources are set up, what they reported and what was refused.</summary>
    public const string SourcesRead = "sources.read";
    /// <summary>Setting up sources and their secrets.</summary>
    public const string SourcesManage = "sources.manage";
    /// <summary>The portal's own service credential: signing people in and keeping its key ring.</summary>
    public const string PortalServe = "portal.serve";
}

/// <summary>The roles and what each brings.</summary>
public static class Role
{
    public const string Patient = "patient";
    public const string Clinician = "clinician";
    public const string Operator = "operator";
    public const string PracticeManager = "practice_manager";
    public const string ComplianceOfficer = "compliance_officer";
    public const string Admin = "admin";
    public const string Integration = "integration";

    public static readonly IReadOnlyList<string> All = [Patient, Clinician, Operator, PracticeManager, ComplianceOfficer, Admin, Integration];

    /// <summary>Every permission that some role brings: what an API key's scopes can name.</summary>
    public static IReadOnlySet<string> AllPermissions => Permissions.Values.SelectMany(p => p).ToHashSet(StringComparer.Ordinal);

    public static IReadOnlySet<string> PermissionsOf(string role) =>
        Permissions.TryGetValue(role, out var found) ? found : throw new ArgumentOutOfRangeException(nameof(role), role, "No such role.");

    static readonly Dictionary<string, HashSet<string>> Permissions = new(StringComparer.Ordinal)
    {
        // Their own recordings; saving a copy is a grant's or a privacy request's matter.
        [Patient] = [Permission.RecordingsRead, Permission.RecordingsPlay, Permission.RecordingsUpload],
        [Clinician] = [Permission.RecordingsRead, Permission.RecordingsPlay, Permission.RecordingsDownload, Permission.RecordingsUpload, Permission.RecordingsEdit, Permission.NotesRead, Permission.NotesWrite, Permission.CompletenessRead],
        [Operator] = [Permission.RecordingsRead, Permission.RecordingsPlay, Permission.RecordingsDownload, Permission.RecordingsUpload, Permission.RecordingsEdit, Permission.NotesRead, Permission.NotesWrite, Permission.CompletenessRead, Permission.CompletenessManage],
        [PracticeManager] = [Permission.RecordingsRead, Permission.RecordingsPlay, Permission.RecordingsDownload, Permission.RecordingsUpload, Permission.RecordingsEdit, Permission.RecordingsDelete, Permission.RecordingsShare, Permission.NotesRead, Permission.NotesWrite, Permission.NotesDelete, Permission.CompletenessRead, Permission.CompletenessManage],
        [ComplianceOfficer] = [Permission.RecordingsRead, Permission.RecordingsPlay, Permission.RecordingsUpload, Permission.RecordingsDelete, Permission.HoldsPlace, Permission.AuditRead, Permission.OpsRead, Permission.NotesRead, Permission.CompletenessRead, Permission.SourcesRead],
        [Admin] = [Permission.RecordingsRead, Permission.RecordingsPlay, Permission.RecordingsDownload, Permission.RecordingsUpload, Permission.RecordingsEdit, Permission.RecordingsDelete, Permission.HoldsPlace, Permission.AuditRead, Permission.OpsRead, Permission.UsersManage, Permission.KeysManage, Permission.RecordingsShare, Permission.NotesRead, Permission.NotesWrite, Permission.NotesDelete, Permission.JobsRead, Permission.JobsRequeue, Permission.CompletenessRead, Permission.CompletenessManage, Permission.SourcesRead, Permission.SourcesManage],
        [Integration] = [Permission.RecordingsRead, Permission.RecordingsDownload, Permission.RecordingsUpload],
    };
}
