using System.Runtime.Versioning;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>service.js as a program.</summary>
[SupportedOSPlatform("linux")]
internal static class ServiceScript
{
    const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public static string WriteTo(string path)
    {
        if (!File.Exists(path))
        {
            using var stream = typeof(ServiceScript).Assembly.GetManifestResourceStream("AppHost/service.js")!;
            using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Executable });
            stream.CopyTo(file);
        }

        return path;
    }
}
