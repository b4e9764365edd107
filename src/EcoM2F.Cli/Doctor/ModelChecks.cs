using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Cli.Doctor;

/// <summary>Model folders: manifest, hashes, and whether this machine computes what the canary says.</summary>
internal static class ModelChecks
{
    private const string Names = "models";

    /// <param name="path">A folder of model folders, or a model folder.</param>
    public static IEnumerable<DoctorCheck> Of(string path, ExecutionTarget target, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
        {
            return [DoctorCheck.Wrong(Names, $"there is no folder {path}", "Name the folder with --models, or put a folder models beside the program or into the current folder.")];
        }

        var folders = IsModel(path) ? [path] : Directory.EnumerateDirectories(path).Where(IsModel).Order(StringComparer.Ordinal).ToList();
        return folders.Count == 0
            ? [DoctorCheck.Wrong(Names, $"{path} holds no model folder", $"A model folder has a {ModelManifest.FileName}; ecom2f compile makes one.")]
            : folders.Select(folder => Check(folder, target, cancellationToken));
    }

    private static bool IsModel(string folder) => File.Exists(Path.Combine(folder, ModelManifest.FileName));

    private static DoctorCheck Check(string path, ExecutionTarget target, CancellationToken cancellationToken)
    {
        var name = $"model {Path.GetFileName(Path.TrimEndingDirectorySeparator(path))}";
        try
        {
            var folder = ModelFolder.Open(path);
            var manifest = folder.Manifest;
            var files = manifest.Sha256.Count;
            if (folder.FindWrongHash(cancellationToken) is { } wrong)
            {
                return DoctorCheck.Wrong(name, path, $"{wrong} The folder is damaged: copy it again.");
            }

            if (!manifest.Sha256.ContainsKey(manifest.Canary))
            {
                return DoctorCheck.Wrong(name, $"{files} hashes are right", $"{path} has no canary; compile it again.");
            }

            using var sessions = ModelSessions.Open(folder, target);
            var report = ModelVerifier.VerifyCanary(sessions, folder, null, cancellationToken);
            var found = $"{manifest.Name} {manifest.Version}, {sessions.Precision}; {files} hashes are right; canary {(report.Passed ? "passed" : "failed")} on {target.Provider}";
            return report.Passed
                ? DoctorCheck.Fine(name, found)
                : DoctorCheck.Wrong(name, found, $"This machine computes something else than the one that compiled the model: {string.Join(" ", report.Failures.Take(3))} 'ecom2f verify {path}' has the rest.");
        }
        catch (Exception exception) when (exception is ModelLoadException or OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            return DoctorCheck.Wrong(name, path, exception.Message);
        }
    }
}
