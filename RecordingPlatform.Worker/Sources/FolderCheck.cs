#pragma warning disable RS0030 // reads one byte of what lies in a source's folder, to find out whether it may

using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Sources;

/// <summary>Goes to a folder as the worker's own user, and says which part of the way is missing or closed.</summary>
internal static class FolderCheck
{
    /// <param name="path">Absolute.</param>
    /// <param name="byDay">Whether it has a folder for each day.</param>
    public static async Task<IReadOnlyList<SourceFinding>> FindAsync(string path, bool byDay)
    {
        if (Obstacle(path) is { } obstacle)
            return [obstacle];
        try
        {
            return await LookAsync(path, byDay);
        }
        catch (UnauthorizedAccessException)
        {
            return [NotReadable(path)];
        }
        catch (IOException e)
        {
            return [Finding.Bad(SourceSubject.Path, $"The folder {path} exists and cannot be read (error {e.HResult & 0xFFFF}). If it is a mount, mount it anew on the worker's machine.")];
        }
    }

    static async Task<IReadOnlyList<SourceFinding>> LookAsync(string path, bool byDay)
    {
        var count = Directory.EnumerateFileSystemEntries(path).Take(DayFolders.Most).Count();
        var day = byDay ? await DayFolders.NewestAsync(folder => new(Folders(Path.Combine(path, folder)))) : null;
        var there = Finding.Good(SourceSubject.Path, DayFolders.Say($"The folder {path} is there", count, byDay, day));
        var folder = day is null ? path : Path.Combine(path, day);
        if (Directory.EnumerateFiles(folder).FirstOrDefault() is not { } sample)
            return [there];
        return
        [
            there,
            MayRead(sample) ? Finding.Good(SourceSubject.Permission, "A file in it can be read.")
                : Finding.Bad(SourceSubject.Permission, $"The worker, which runs as the user '{Environment.UserName}', may list {folder} and not read the files in it. Give that user the right to read them, for example: setfacl -R -m u:{Environment.UserName}:rX,d:u:{Environment.UserName}:rX {path}"),
        ];
    }

    static List<string> Folders(string path) => [.. Directory.EnumerateDirectories(path).Select(folder => Path.GetFileName(folder)!).Take(DayFolders.Most)];

    static bool MayRead(string file)
    {
        try
        {
            using var opened = File.OpenHandle(file, share: FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.Read(opened, new byte[1], 0);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (FileNotFoundException)
        {
            // Taken away meanwhile: nothing is known against it.
            return true;
        }
    }

    static SourceFinding? Obstacle(string path)
    {
        var reached = "/";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(reached, part);
            if (!Directory.Exists(next))
            {
                return !MaySearch(reached) ? NotSearchable(reached)
                    : File.Exists(next) ? Finding.Bad(SourceSubject.Path, $"{next} is a file, not a folder. Correct the media location.")
                    : Finding.Bad(SourceSubject.Path, $"The worker's machine has no {next}{(next == path ? "" : $", so there is no {path}")}. Mount it there, or correct the media location; in a container the mount has to be part of it.");
            }
            reached = next;
        }
        return null;
    }

    // What is not there and what may not be looked at are alike to Exists, and not to a question for its attributes.
    static bool MaySearch(string folder)
    {
        try
        {
            File.GetAttributes(Path.Combine(folder, "nothing-of-that-name"));
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    static SourceFinding NotSearchable(string folder) => Finding.Bad(SourceSubject.Permission,
        $"The worker, which runs as the user '{Environment.UserName}', may not go through the folder {folder}. Give that user the right, for example: setfacl -m u:{Environment.UserName}:x {folder}");

    static SourceFinding NotReadable(string folder) => Finding.Bad(SourceSubject.Permission,
        $"The worker, which runs as the user '{Environment.UserName}', may not list the folder {folder} or one in it. Give that user the right, for example: setfacl -R -m u:{Environment.UserName}:rX {folder}");
}
