namespace RecordingPlatform.Core.Jibri;

/// <summary>What a look says of a file that Jibri leaves.</summary>
public enum FileStanding
{
    /// <summary>It may be taken.</summary>
    Ready,
    /// <summary>It is not what was reported and will not become it: taken, and damaged.</summary>
    Differs,
    /// <summary>It has no byte and will get none: taken for what it is.</summary>
    Empty,
    /// <summary>It grows, or may.</summary>
    NotYet,
}

/// <summary>When a file counts as finished: at once when it is as long as was reported, else when it stands still.</summary>
public static class FileJudgement
{
    /// <summary>What people are told of a file that stayed empty.</summary>
    public const string NothingRecorded = "The file has no byte: nothing was recorded.";

    /// <summary>One look cannot tell a file that stands from one that moves.</summary>
    const int Looks = 2;

    /// <summary>Of a file whose length nobody reported; Jibri's encoder writes several times a second.</summary>
    public static readonly TimeSpan StandsAfter = TimeSpan.FromSeconds(10);

    /// <summary>Of a file that is not as long as was reported: a copy that stalls goes on within this.</summary>
    public static readonly TimeSpan DiffersAfter = TimeSpan.FromMinutes(10);

    /// <param name="sizeBytes">Of the file now.</param>
    /// <param name="reportedBytes">Null when nobody reported it.</param>
    /// <param name="still">For how long size and time have not changed, by our own clock.</param>
    /// <param name="looks">How many looks in a row found them so.</param>
    /// <param name="isLast">Nobody will look again: what is there now is all there will be.</param>
    public static FileStanding Of(long sizeBytes, long? reportedBytes, TimeSpan still, int looks, bool isLast)
    {
        if (sizeBytes == 0)
            return isLast ? FileStanding.Empty : FileStanding.NotYet;
        if (reportedBytes is null)
            return looks >= Looks && still >= StandsAfter ? FileStanding.Ready : FileStanding.NotYet;
        if (sizeBytes == reportedBytes)
            return FileStanding.Ready;
        return looks >= Looks && (still >= DiffersAfter || (isLast && still >= StandsAfter)) ? FileStanding.Differs : FileStanding.NotYet;
    }
}
