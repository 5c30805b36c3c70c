using RecordingPlatform.Core.Media;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>What came of a camera, in a work directory.</summary>
/// <param name="Path">Of the file.</param>
/// <param name="Type">What its leading bytes say; null for JPEG pictures one after the other.</param>
/// <param name="PicturesPerSecond">Of JPEG pictures, which carry no times.</param>
sealed record Footage(string Path, MediaType? Type, double? PicturesPerSecond);
