namespace RecordingPlatform.Core;
