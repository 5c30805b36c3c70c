namespace RecordingPlatform.Core.Media;

/// <summary>
/// Loudness by ITU-R BS.1770 / EBU R 128, measured once. Players add <see cref="GainDb"/>, so a quiet caller and a loud
/// one are heard alike and the renditions keep their own level.
/// </summary>
/// <param name="IntegratedLufs">Gated programme loudness; null for silence and for what is shorter than one 400 ms block.</param>
/// <param name="TruePeakDbtp">Highest true peak; null for digital silence.</param>
public sealed record Loudness(double? IntegratedLufs, double? TruePeakDbtp)
{
    /// <summary>AES TD1008 recommends −16 LUFS for speech over streams; −23 (broadcast) is too quiet for a telephone's speaker.</summary>
    public const double TargetLufs = -16;

    /// <summary>EBU R 128: what is played must not exceed −1 dBTP.</summary>
    public const double CeilingDbtp = -1;

    /// <summary>More than this lifts the noise of an empty room, not a voice.</summary>
    public const double MaxBoostDb = 20;

    /// <summary>dB to add at playback, rounded to 0.1; 0 when nothing was heard. Never lifts a peak above the ceiling.</summary>
    public double GainDb => IntegratedLufs is not { } loudness
        ? 0
        : Math.Round(Math.Min(TargetLufs - loudness, Math.Min(MaxBoostDb, Math.Max(0, CeilingDbtp - (TruePeakDbtp ?? CeilingDbtp)))), 1);
}
