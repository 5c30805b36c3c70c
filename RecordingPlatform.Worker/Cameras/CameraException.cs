namespace RecordingPlatform.Worker.Cameras;

/// <summary>
/// No clip came of a camera. The message is for the person who wonders why: it says what the camera did and what to do, and
/// holds neither its address nor a password.
/// </summary>
sealed class CameraException(string reason, bool isFinal = false, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>Another try would end the same, or do harm: a camera that is asked again with a wrong password may lock the account.</summary>
    public bool IsFinal => isFinal;
}
