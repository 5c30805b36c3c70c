namespace RecordingPlatform.Web.ApiClient;

/// <summary>The API's permission names, as far as the portal's pages depend on them. The API enforces; the portal only hides.</summary>
internal static class Permission
{
    public const string RecordingsRead = "recordings.read";
    public const string RecordingsUpload = "recordings.upload";
    public const string RecordingsDownload = "recordings.download";
    public const string RecordingsDelete = "recordings.delete";
    public const string RecordingsEdit = "recordings.edit";
    public const string AuditRead = "audit.read";
    public const string NotesRead = "notes.read";
    public const string CompletenessRead = "completeness.read";
    public const string CompletenessManage = "completeness.manage";
    public const string SourcesRead = "sources.read";
    public const string SourcesManage = "sources.manage";
    public const string JobsRead = "jobs.read";
    public const string JobsRequeue = "jobs.requeue";
}

/// <summary>What a caller may do with one recording.</summary>
internal static class RecordingRight
{
    public const string Play = "play";
    public const string Download = "download";
    public const string Edit = "edit";
    public const string Delete = "delete";

    /// <summary>No right but a duty: hearing and saving it need a stated reason, which is audited.</summary>
    public const string Reason = "reason";
}
