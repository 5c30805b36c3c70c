using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.FreePbx;

/// <summary>What made the PBX record; the first word of the name. Conferences and paging have none.</summary>
public enum MonitorType { None, In, Out, Internal, External, Queue, RingGroup, Parked, Generic, OnDemand, Extension, Force, Group }

/// <summary>Of a recording in two files: what the channel heard or what it said.</summary>
public enum MonitorLeg { In, Out }

/// <summary>
/// The name of a file in a PBX's monitor folder, <c>{type}-{dest}-{from}-{YYYYMMDD}-{HHMMSS}-{uniqueid}.{ext}</c>, read from the
/// right: what lies to the left of the date may be empty, may hold dashes and is swapped by some systems, so no party is taken
/// from it.
/// </summary>
public sealed record MonitorFileName
{
    /// <summary>What a Linux file system takes.</summary>
    const int LongestName = 255;

    // The sample rates of sln as Asterisk's formats name them. A name that ends otherwise is another program's.
    static readonly Regex s_shape = new(
        @"^(?:(?<front>.*)-)?(?<date>[0-9]{8})-(?<time>[0-9]{6})-(?<id>.+)\.(?<extension>wav|WAV|gsm|mp3|ulaw|alaw|g722|ogg|sln(?:12|16|24|32|44|48|96|192)?)$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);

    // A system name in front is one's own to choose. A conference's recorder adds its own epoch behind.
    static readonly Regex s_identity = new(
        @"^(?<id>(?:[^/]*-)?(?<epoch>[0-9]{9,11})\.[0-9]{1,10})(?:-(?<leg>in|out)|-[0-9]{9,11})?$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);

    /// <summary>The whole name.</summary>
    public required string Name { get; init; }
    public required MonitorType Type { get; init; }
    /// <summary>Of the recorded channel, with the system's name in front where it has one.</summary>
    public required string UniqueId { get; init; }
    /// <summary>When the recording began, by the PBX's own clock.</summary>
    public required DateTime LocalTime { get; init; }
    /// <summary>As written, without its dot: <c>WAV</c> is GSM in WAV, <c>wav</c> is not.</summary>
    public required string Extension { get; init; }
    /// <summary>Null when all of the recording is in one file.</summary>
    public MonitorLeg? Leg { get; init; }

    /// <summary>From the unique id: when the channel began, in UTC.</summary>
    DateTimeOffset ChannelBegan { get; init; }

    /// <summary>What is the same in the names of both legs.</summary>
    public string WithoutLeg => Leg is null ? Name : $"{Name[..^(Extension.Length + 1 + (Leg == MonitorLeg.In ? 3 : 4))]}.{Extension}";

    /// <summary>No longer than this and there is nothing but a header yet: 44 bytes of WAV, 60 of GSM in WAV.</summary>
    public int HeaderBytes => Extension == "WAV" ? 60 : 44;

    /// <summary>The direction that the type tells; most do not.</summary>
    public Direction Direction => Type switch
    {
        MonitorType.In => Direction.Inbound,
        MonitorType.Out => Direction.Outbound,
        MonitorType.Internal => Direction.Internal,
        _ => Direction.None,
    };

    /// <param name="name">One entry of a folder, not a path.</param>
    /// <param name="file">What it says.</param>
    /// <param name="problem">Why it is none; without anything of the name, which holds phone numbers.</param>
    public static bool TryParse(string name, [NotNullWhen(true)] out MonitorFileName? file, [NotNullWhen(false)] out string? problem)
    {
        (file, problem) = Parse(name);
        return file is not null;
    }

    static (MonitorFileName?, string?) Parse(string name)
    {
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > LongestName)
            return (null, $"A name has 1 to {LongestName} bytes.");
        if (name.Contains('/', StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal))
            return (null, "A name holds no slash.");
        if (name.Any(IsUnseen))
            return (null, "The name holds control characters or ones that are not seen.");
        if (name[0] == '.')
            return (null, "A hidden file belongs to the program that writes it.");
        if (s_shape.Match(name) is not { Success: true } shape)
            return (null, "The name does not end in a date, a time, a unique id and the extension of a recording.");
        if (!DateTime.TryParseExact(shape.Groups["date"].Value + shape.Groups["time"].Value, "yyyyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || local.Year is < 1990 or > 9000)
            return (null, "The name holds a date or time that does not exist.");
        if (s_identity.Match(shape.Groups["id"].Value) is not { Success: true } identity)
            return (null, "The name does not end in a unique id: the channel's epoch, a dot and a number.");
        return (new MonitorFileName
        {
            Name = name,
            Type = TypeOf(shape.Groups["front"].Value),
            UniqueId = identity.Groups["id"].Value,
            LocalTime = local,
            Extension = shape.Groups["extension"].Value,
            Leg = identity.Groups["leg"].Value switch { "in" => MonitorLeg.In, "out" => MonitorLeg.Out, _ => null },
            ChannelBegan = DateTimeOffset.FromUnixTimeSeconds(long.Parse(identity.Groups["epoch"].ValueSpan, CultureInfo.InvariantCulture)),
        }, null);
    }

    /// <summary>
    /// When the recording began. An hour that the zone has twice is the one next to the channel's own beginning; an hour that it
    /// leaves out is read as if the clock had not been put forward.
    /// </summary>
    /// <param name="zone">Of the PBX.</param>
    public DateTimeOffset StartedAt(TimeZoneInfo zone)
    {
        if (zone.IsAmbiguousTime(LocalTime))
        {
            return zone.GetAmbiguousTimeOffsets(LocalTime).Select(offset => new DateTimeOffset(LocalTime, offset).ToUniversalTime())
                .MinBy(candidate => (candidate - ChannelBegan).Duration());
        }
        // A day before the gap the old offset holds: no zone changes twice in a day.
        var offset = zone.IsInvalidTime(LocalTime) ? zone.GetUtcOffset(LocalTime.AddDays(-1)) : zone.GetUtcOffset(LocalTime);
        return new DateTimeOffset(LocalTime, offset).ToUniversalTime();
    }

    static MonitorType TypeOf(string front) => front.Split('-', 2)[0] switch
    {
        "in" => MonitorType.In,
        "out" => MonitorType.Out,
        "internal" => MonitorType.Internal,
        "external" => MonitorType.External,
        "q" => MonitorType.Queue,
        "rg" => MonitorType.RingGroup,
        "parked" => MonitorType.Parked,
        "generic" => MonitorType.Generic,
        "ondemand" => MonitorType.OnDemand,
        "exten" => MonitorType.Extension,
        "force" => MonitorType.Force,
        "group" => MonitorType.Group,
        _ => MonitorType.None,
    };

    // Marks that turn the direction of writing, or lie between letters, make a name look like another.
    static bool IsUnseen(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
